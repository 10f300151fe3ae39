//go:build !purego

package simd

import "golang.org/x/sys/cpu"

// detect goes by what the operating system reports. Windows reports no I8MM, so
// that NEONDotProd is the highest level there.
func detect() levels {
	a := &cpu.ARM64
	switch {
	case !a.HasASIMD:
		return through(Generic)
	case !a.HasASIMDDP:
		return through(NEON)
	case !a.HasI8MM:
		return through(NEONDotProd)
	}
	return through(I8MM)
}
