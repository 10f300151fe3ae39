//go:build !purego

package simd

import "golang.org/x/sys/cpu"

// detect goes by what the operating system reports. Windows reports no I8MM, so
// that NEONDotProd is the highest level there.
func detect() Level {
	a := &cpu.ARM64
	switch {
	case !a.HasASIMD:
		return Generic
	case !a.HasASIMDDP:
		return NEON
	case !a.HasI8MM:
		return NEONDotProd
	}
	return I8MM
}
