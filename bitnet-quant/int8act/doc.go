// Package int8act rounds activations to eight bits, one scale for every token.
//
// For a row x of one token's activations
//
//	s   = 127 / max(max|x|, Eps)
//	q_i = clamp(round(x_i·s), -128, 127)
//
// with ties rounded to even, so x_i ≈ q_i/s. This is "absmax" quantization,
// per token: the multiplication of a ternary matrix with q is then exact in
// integers, and one multiplication by 1/s restores the unit.
//
// # Values that are not finite
//
// A row that contains a NaN or an infinity has no scale. Its q are all 0 and its
// s is 0, so that q/s, and every product derived from it, is NaN: the damage
// stays visible instead of turning into plausible numbers. Other rows are not
// affected.
//
// # Layout
//
// [Rows] pads every row with zeros to a multiple of [Padding] = 256 values, the
// block length of package ternary, so that no kernel needs a tail loop.
//
// # Concurrency
//
// Different rows of one [Rows] may be quantized by different goroutines.
//
// # Source
//
// Ma et al., "The Era of 1-bit LLMs", arXiv:2402.17764, section 2; the float32
// operations are those of the public transformers code
// (integrations/bitnet.py, ActQuant).
package int8act
