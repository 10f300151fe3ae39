// Package vecmath computes exponentials and what is made of them on slices of float32:
// [Exp], [Log], [Tanh], the gates [Sigmoid], [SiLU], [GELU] and [GELUTanh], and rows of
// [Softmax], [LogSoftmax] and [LogSumExp]. Nothing is allocated, no goroutine started, and
// calls may run at once on slices that do not overlap. The result comes first; it may be
// the operand.
//
// # Accuracy
//
// Each function states its largest error in ulp: units in the last place of the exact
// result as a float32, of 2^-149 where that is denormal. TestError measures it against
// float64, on a sample of all arguments, or with the flag -every on all 2³² of them.
//
// Every value depends on its argument alone, not on the length of the slice or on where in it
// that stands, and is the same to the bit in plain Go, AVX2, AVX-512 and NEON: all follow the same steps,
// with fused multiplications and additions. Those cost plain Go its speed, some 30 to 90
// ns a value, since it rounds sums of float64 once more. Rows are the same to the bit too:
// their sums are in float64 and have one order.
//
// # NaN, infinities, signed zeros, denormal numbers
//
// Results are those of package math: NaN of NaN, the limits at Inf and -Inf, -0 of -0
// where the function is odd. Denormal arguments and results are kept, and results that
// are too large or too small are Inf or 0 by rounding.
//
// # Kernels
//
// The definitions are in fused.go, exponential.go, log.go and gelu.go. The kernels are
// generated: _asm/functions.go has each function a second time, as steps on vectors, which are
// emitted for every instruction set.
package vecmath

//go:generate env GOWORK=off go run -C _asm . -arm64 .. -out ../kernels_amd64.s -stubs ../kernels_stub_amd64.go -pkg vecmath
