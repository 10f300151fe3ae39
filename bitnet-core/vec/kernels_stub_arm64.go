//go:build !purego

package vec

// binaryNEON sets dst to a op b, in the order of Op; n is a positive multiple of 8.
//
//go:noescape
func binaryNEON(op int, dst, a, b *float32, n int)

// scalarNEON sets dst to a and s combined, in the order of scalarOp; n is a positive
// multiple of 8.
//
//go:noescape
func scalarNEON(op int, dst, a *float32, n int, s float32)

// unaryNEON sets dst to a function of a, in the order of Func; n is a positive multiple
// of 8.
//
//go:noescape
func unaryNEON(op int, dst, a *float32, n int)

// sumsNEON is sumColumns, in the order of sumOp; n is a positive multiple of 32.
//
//go:noescape
func sumsNEON(op int, x *float32, n int, center float64) float64

// extremesNEON is the smallest x for op 0 and the largest for 1, NaN if one is; n is a
// positive multiple of 8.
//
//go:noescape
func extremesNEON(op int, x *float32, n int) float32

// accumulateNEON is Accumulate; n is a positive multiple of 8.
//
//go:noescape
func accumulateNEON(sums *float64, x *float32, n int)
