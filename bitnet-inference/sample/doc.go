// Package sample picks the next token from a model's logits.
//
// A model ends each step with one number per vocabulary entry, its logits.
// softmax turns them into a probability distribution; generation is drawing
// from that distribution, over and over. Drawing from all of it lets the long
// tail of bad tokens through, always taking the best token makes text that
// repeats itself, so samplers cut the tail first and then draw.
//
// A [Sampler] applies, in the order of llama.cpp's default chain:
//
//  1. penalties: tokens seen lately lose logit (see [Options.RepeatPenalty],
//     FrequencyPenalty, PresencePenalty)
//  2. top-k: the k largest logits stay
//  3. top-p: of those, the shortest list of most probable tokens whose
//     probabilities reach p stays (Holtzman et al., arXiv:1904.09751)
//  4. min-p: of those, tokens at least min-p times as probable as the best stay
//     (Nguyen et al., arXiv:2407.01082)
//  5. temperature: the logits left are divided by it, and one token is drawn
//     from their softmax; temperature 0 takes the largest, and temperature
//     without any cut draws by Gumbel-max (see [Noise])
//
// Steps 3 and 4 see probabilities at temperature 1, renormalised over what the
// step before left. Equal logits are ordered by id, lowest first, so every set
// above is well defined.
//
// # Unusual logits
//
// NaN counts as -Inf. A token at -Inf is never drawn while any other is above
// it, which is what a mask of forbidden tokens relies on; if nothing is above
// -Inf the answer is token 0. Several tokens at +Inf share all probability
// equally.
//
// # Reproducibility
//
// The generator is PCG of math/rand/v2, and every call of [Sampler.Next] with a
// temperature above 0 takes exactly one number from it. Probabilities are
// computed in float64 in a fixed order, with an exponential of our own whose
// roundings are spelled out (the one in package math differs between
// architectures in the last bit). The same options, accepted tokens and logits
// therefore give the same tokens on every platform.
//
// # Cost
//
// [Sampler.Pick] asks for no more of the [Logits] than it needs, so that they need
// not all be computed. Where they are, [Dense] never sorts the vocabulary: it keeps
// the k best in a heap whose root turns almost every token away with one comparison.
// Neither allocates once buffers have grown.
//
// A Sampler belongs to one sequence and is not safe for concurrent use.
package sample
