//go:build !purego

package int8act

// absmaxGroupsNEON returns the largest bits(x[i])&0x7fffffff.
// len(x) must be a positive multiple of 16.
//
//go:noescape
func absmaxGroupsNEON(x []float32) uint32

// roundGroupsNEON sets dst[i] = round(x[i]·scale) and returns Σ dst[i].
// len(x) must be a positive multiple of 16.
//
//go:noescape
func roundGroupsNEON(dst []int8, x []float32, scale float32) int32
