// Package check reads a model through and says what is wrong with it: what keeps it from
// loading, and what loads and then makes it talk nonsense.
//
// [File] opens a model, [Checkpoint] takes one that is open. Both give a [Report], a
// list of findings, each with what is wrong, where, and the command that repairs it if
// this version has one. Faults of the model are findings; an error means that it could
// not be looked at.
//
// # What is looked for
//
//	structure       counts, sizes, offsets; tensors missing, of wrong shapes or of no use
//	ternary         codes that are no weight, scales of blocks that are damaged or disagree
//	scale           scales that are no positive number
//	swapped-scale   reciprocals where scales should be
//	i2s-order       I2_S data in the order of ARM builds
//	not-finite      NaN and infinity in norms, embedding, head and dense projections
//	zero-rows       rows of zeros only
//	duplicate-head  an output head that repeats the embedding
//	activation      BitNet b1.58 2B-4T without its activation
//	tokenizer       one that does not load, as with a token twice, or has another size than the embedding
//	special-tokens  no token that ends a text, or one that the vocabulary has not
//	pre-tokenizer   nothing said of how text is split before BPE
//	chat-template   one that fails, or the placeholder of a published file
//
// # What a magnitude tells
//
// Nothing in a file says whether its scales are mean|W| or 1/mean|W|. A projection with K
// inputs, of which the share p has weights other than 0, gives for inputs of a norm with
// the gains g values of about
//
//	scale · √(p·K) · rms(g)
//
// which for a model that works is within a factor of twenty of 1, whatever its size.
// Scales are called swapped if their median is not, and that of their reciprocals is
// much closer. Where mean|W| is about 1 nobody can tell, and nothing is said.
//
// The order of I2_S data is found as [qtensor.OrderEvidence] describes.
//
// # Cost
//
// Each tensor's bytes are brought in once, in pieces on all processors, and let go of, so
// that memory does not grow with the model.
package check
