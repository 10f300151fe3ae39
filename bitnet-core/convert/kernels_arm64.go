//go:build !purego

package convert

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

// Kernels in kernels_arm64.s and vector_arm64.s take n values, a positive multiple of 16. Each is the loop
// of the function of its name in kernels.go.

//go:noescape
func widenI8NEON(dst *float32, src *int8, n int, scale float32)

//go:noescape
func roundBytesNEON(dst *byte, src *float32, n int, inverse, lo, hi float32)

//go:noescape
func absMaxNEON(src *float32, n int) uint32

//go:noescape
func packI4NEON(dst, src *byte, n int)

//go:noescape
func packU4NEON(dst, src *byte, n int)

//go:noescape
func unpackI4NEON(dst, src *byte, n int)

//go:noescape
func unpackU4NEON(dst, src *byte, n int)

//go:noescape
func tritsNEON(dst *byte, src *float32, n int, inverse float32)

// choose returns the kernels of the highest variant that level allows. The levels
// above NEON add integer products alone.
func choose(level simd.Level) kernelSet {
	if level < simd.NEON {
		return kernelSet{name: "generic"}
	}
	return kernelSet{"neon", simd.NEON, 16, &vectorsNEON}
}

// whole returns the part of n values that fills turns of a kernel's loop.
func whole(n int) int {
	if kernels.turn == 0 {
		return 0
	}
	return n &^ (kernels.turn - 1)
}

func widenI8Vec(dst []float32, src []int8, scale float32) int {
	n := whole(len(src))
	if n > 0 {
		widenI8NEON(&dst[:n][0], &src[0], n, scale)
	}
	return n
}

func roundBytesVec(dst []byte, src []float32, inverse, lo, hi float32) int {
	n := whole(len(src))
	if n > 0 {
		roundBytesNEON(&dst[:n][0], &src[0], n, inverse, lo, hi)
	}
	return n
}

func absMaxVec(src []float32) (n int, top uint32) {
	if n = whole(len(src)); n > 0 {
		top = absMaxNEON(&src[0], n)
	}
	return n, top
}

func packVec(dst, src []byte, signed bool) int {
	n := whole(len(src))
	switch {
	case n == 0:
	case signed:
		packI4NEON(&dst[:n/2][0], &src[0], n)
	default:
		packU4NEON(&dst[:n/2][0], &src[0], n)
	}
	return n
}

func unpackVec(dst, src []byte, signed bool) int {
	n := whole(len(dst))
	switch {
	case n == 0:
	case signed:
		unpackI4NEON(&dst[0], &src[:n/2][0], n)
	default:
		unpackU4NEON(&dst[0], &src[:n/2][0], n)
	}
	return n
}

func tritsVec(dst []byte, src []float32, inverse float32) int {
	n := whole(len(src))
	if n > 0 {
		tritsNEON(&dst[:n][0], &src[0], n, inverse)
	}
	return n
}
