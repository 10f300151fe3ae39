// Package vec computes with slices of float32 what is bound by memory more than by
// arithmetic: sums, products and other operations of two slices or of a slice and a
// number, functions of a few instructions, and reductions.
//
// The result comes first: Add(dst, a, b). Slices are of one length, else functions
// panic. dst may be an operand, the same elements in the same order, and shares no
// memory with it otherwise.
//
// # Results
//
// All CPUs give the same bits, but for those of a NaN: each value is rounded as IEEE 754
// has it, nothing fuses a multiplication with an addition, and denormal numbers are
// kept. [Min] and [Max], of slices and of values, are NaN if one of their operands is,
// and order -0 before 0.
//
// Sums are in float64, in an order of their own: of blocks of 1024 values, which are
// summed in 32 columns each, and then pairwise over the blocks. So the
// error of a sum of n values is below (38 + log₂(n/1024))·2⁻⁵³·Σ|x|. Whoever divides a
// long sum between threads at multiples of [Block] and adds the blocks' sums up with a
// [Pairwise] gets the same bits again.
//
// # Streaming
//
// Results that the caches have no room for are better stored past them: the lines that
// are overwritten need not be read before. Functions do so for slices of [StreamFrom]
// values and more that are not computed in place. [Op] and [Func] leave the choice to
// whoever divides a slice.
package vec

//go:generate env GOWORK=off go run -C _asm . -out ../kernels_amd64.s -stubs ../kernels_stub_amd64.go -pkg vec
