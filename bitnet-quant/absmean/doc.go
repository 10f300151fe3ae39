// Package absmean rounds trained weights to -1, 0 and +1.
//
// One scale γ serves a whole weight matrix, in the unit of the weights:
//
//	γ    = max(mean|w|, Eps)
//	t_i  = clamp(round(w_i/γ), -1, +1)
//
// with ties rounded to even, and γ·t_i stands for w_i. [Quantize] does that for a
// matrix in memory. A matrix that is read piece by piece takes two passes: [Mean]
// finds the scale, then [Round] rounds each piece. [Matrix] does the two over the bytes of
// a file, on several threads.
//
// # Agreement with the training code
//
// The public code divides by multiplying: it computes s = 1/γ in float32 and
// rounds the float32 product w·s. So does this package. It sums |w| in float32,
// in an order of its own; here the sum is float64, so γ may differ from it in the
// last bit or two of a float32.
//
// # Values that are not finite
//
// A NaN among the weights makes γ NaN and an infinity makes it infinite; all
// weights are then 0. Whoever reads weights from a file checks γ.
//
// # Source
//
// Ma et al., "The Era of 1-bit LLMs", arXiv:2402.17764, equations 1 to 3;
// transformers, integrations/bitnet.py, WeightQuant.
package absmean
