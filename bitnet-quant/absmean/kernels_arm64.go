//go:build !purego

package absmean

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

// choose returns the kernels that level allows.
func choose(level simd.Level) kernelSet {
	if level >= simd.NEON {
		return kernelSet{"neon", simd.NEON}
	}
	return kernelSet{name: "generic"}
}

func addVec(s *[4]float64, w []float32) int {
	n := len(w) &^ 7
	if kernels.level < simd.NEON || n == 0 {
		return 0
	}
	addNEON(s, w[:n])
	return n
}

// addBF16Vec has no kernel: what converts and adds float32 has one each.
func addBF16Vec(*[4][4]float64, []byte, int) int { return 0 }

func roundVec(dst []int8, w []float32, inverse float32) int {
	n := len(w) &^ 15
	if kernels.level < simd.NEON || n == 0 {
		return 0
	}
	roundNEON(dst[:n], w[:n], inverse)
	return n
}
