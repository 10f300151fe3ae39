//go:build !purego

package nn

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

var kernels = choose(simd.Best())

// choose returns the kernels of the highest variant that level allows. The levels
// above NEON add integer products alone.
func choose(level simd.Level) kernelSet {
	if level < simd.NEON {
		return kernelSet{name: "generic"}
	}
	return kernelSet{
		name:   "neon",
		f32:    dotKernel{dotRows4F32NEON, 16},
		f16:    dotKernel{dotRows4F16NEON, 16},
		b16:    dotKernel{dotRows4BF16NEON, 16},
		sum32:  sumKernel{weightedSumF32NEON, 32},
		sum16:  sumKernel{weightedSumF16NEON, 32},
		narrow: narrowKernel{narrowNEON, 8},
		exp:    expKernel{expSumNEON, 4},
	}
}
