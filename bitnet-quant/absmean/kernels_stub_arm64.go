//go:build !purego

package absmean

// addNEON sets s[i%4] += |w[i]|, in the order of i.
// len(w) must be a positive multiple of 8.
//
//go:noescape
func addNEON(s *[4]float64, w []float32)

// roundNEON sets dst[i] to w[i]·inverse, rounded to -1, 0 or 1, ties to 0, NaN to 0.
// len(w) must be a positive multiple of 16.
//
//go:noescape
func roundNEON(dst []int8, w []float32, inverse float32)
