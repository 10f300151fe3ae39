//go:build !linux && !purego

package simd

// emulated returns no levels: the emulator is for Linux.
func emulated() levels { return 0 }
