//go:build !purego

package dtype

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

// Kernels in kernels_arm64.s take n values, a positive multiple of 16. Each is the
// loop of the function in slices.go that calls it.

//go:noescape
func widenF16NEON(dst *float32, src *uint16, n int)

//go:noescape
func widenBF16NEON(dst *float32, src *uint16, n int)

//go:noescape
func narrowF16NEON(dst *uint16, src *float32, n int)

//go:noescape
func narrowBF16NEON(dst *uint16, src *float32, n int)

// choose returns the kernels of the highest variant that level allows. The levels
// above NEON add integer products alone.
func choose(level simd.Level) kernelSet {
	if level < simd.NEON {
		return kernelSet{name: "generic"}
	}
	return kernelSet{"neon", simd.NEON, 16}
}

func widenF16Vec(dst []float32, src []uint16) int {
	n := whole(len(src))
	if n > 0 {
		widenF16NEON(&dst[0], &src[0], n)
	}
	return n
}

func widenBF16Vec(dst []float32, src []uint16) int {
	n := whole(len(src))
	if n > 0 {
		widenBF16NEON(&dst[0], &src[0], n)
	}
	return n
}

func narrowF16Vec(dst []uint16, src []float32) int {
	n := whole(len(src))
	if n > 0 {
		narrowF16NEON(&dst[0], &src[0], n)
	}
	return n
}

func narrowBF16Vec(dst []uint16, src []float32) int {
	n := whole(len(src))
	if n > 0 {
		narrowBF16NEON(&dst[0], &src[0], n)
	}
	return n
}
