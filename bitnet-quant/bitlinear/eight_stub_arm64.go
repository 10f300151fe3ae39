//go:build !purego

package bitlinear

// scaleEightsNEON sets y[i] = float32(int32 bits of y[i])·factor.
// len(y) must be a positive multiple of 8.
//
//go:noescape
func scaleEightsNEON(y []float32, factor float32)

// scaleRowsEightsNEON sets y[i] = float32(int32 bits of y[i])·(gamma[i]/s).
// len(y) must be a positive multiple of 8 and that of gamma.
//
//go:noescape
func scaleRowsEightsNEON(y []float32, gamma []float32, s float32)
