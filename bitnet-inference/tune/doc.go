// Package tune measures what other ways of rounding a model would change: what its
// activations are like on a text ([Collect]), and, with that,
//
//   - cutting activations off before they are rounded to int8 ([Bench.Clipping]),
//   - scales of ternary weights that mind how large their inputs are ([Bench.Scales]),
//   - other types of the output head and the embedding ([Bench.Heads]).
//
// [Importance] tells whether statistics are of a model, and makes of them what package
// transcode writes such scales with.
//
// Nothing is changed for good: each is tried, and its [Effect] on the predictions of a
// text is measured against the model as it is. How far two models are apart (KL
// divergence) says nothing about which is better; how probable they find the text does,
// so an Effect has both, the second with its standard error.
//
// Logits of the model as it is are kept where they take no more than 1 GiB, so that each
// change is one run of the changed model. Where a change is compared with more than one
// other, all run side by side, a block of positions at a time. All models run on one pool,
// in turns. What is tried lies in the Model's Memory, one change at a time.
//
// Results do not depend on the number of threads.
package tune
