//go:build !purego

package nn

// addNEON is Add; n is a positive multiple of 8.
//
//go:noescape
func addNEON(dst *float32, x *float32, n int)

// scaleNEON is Scale; n is a positive multiple of 8.
//
//go:noescape
func scaleNEON(dst *float32, x *float32, n int, a float32)

// blendNEON is blend; n is a positive multiple of 8.
//
//go:noescape
func blendNEON(dst *float32, x *float32, n int, a float32, b float32)

// gainNEON sets dst = x·a·weights; n is a positive multiple of 8.
//
//go:noescape
func gainNEON(dst *float32, x *float32, weights *float32, n int, a float32)

// relu2NEON is ReLU2Mul; n is a positive multiple of 8.
//
//go:noescape
func relu2NEON(dst *float32, gate *float32, up *float32, n int)

// siluNEON is SiLUMul; n is a positive multiple of 4.
//
//go:noescape
func siluNEON(dst *float32, gate *float32, up *float32, n int)

// turnNEON turns the pairs (lo, hi); n is a positive multiple of 8.
//
//go:noescape
func turnNEON(lo *float32, hi *float32, cos *float32, sin *float32, n int)

// topNEON is the largest x; n is a positive multiple of 16.
//
//go:noescape
func topNEON(x *float32, n int) float32

// squaresNEON is the sum of x²; n is a positive multiple of 16.
//
//go:noescape
func squaresNEON(x *float32, n int) float32
