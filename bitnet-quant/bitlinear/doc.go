// Package bitlinear is the linear layer of BitNet b1.58: a ternary matrix applied
// to int8 activations, in real units.
//
// For weights t with scale γ and a token's activations q with scale s
// (package int8act),
//
//	y_r = (Σ_c t[r,c]·q[c]) · (γ/s)
//
// The sum is exact in integers (package ternary). Three float32 roundings follow:
// of the sum (none below 2^24, which takes rows of more than 131072 columns), of
// the quotient γ/s and of the product. Every variant does these in the same way,
// so results do not depend on the CPU, on how rows are split over goroutines or on
// how tokens are batched.
//
// # Source
//
// Ma et al., "The Era of 1-bit LLMs", arXiv:2402.17764, section 2.
package bitlinear
