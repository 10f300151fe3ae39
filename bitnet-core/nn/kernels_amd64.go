//go:build !purego

package nn

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

var kernels = choose(simd.Best())

// choose returns the kernels of the highest variant that level allows.
func choose(level simd.Level) kernelSet {
	switch {
	case level >= simd.AVX512:
		return kernelSet{
			name:   "avx512",
			f32:    dotKernel{dotRows4F32AVX512, 32},
			f16:    dotKernel{dotRows4F16AVX512, 32},
			b16:    dotKernel{dotRows4BF16AVX512, 32},
			sum32:  sumKernel{weightedSumF32AVX512, 64},
			sum16:  sumKernel{weightedSumF16AVX512, 64},
			narrow: narrowKernel{narrowAVX512, 16},
			exp:    expKernel{expSumAVX512, 16},
		}
	case level >= simd.AVX2:
		return kernelSet{
			name:   "avx2",
			f32:    dotKernel{dotRows4F32AVX2, 16},
			f16:    dotKernel{dotRows4F16AVX2, 16},
			b16:    dotKernel{dotRows4BF16AVX2, 16},
			sum32:  sumKernel{weightedSumF32AVX2, 32},
			sum16:  sumKernel{weightedSumF16AVX2, 32},
			narrow: narrowKernel{narrowAVX2, 8},
			exp:    expKernel{expSumAVX2, 8},
		}
	}
	return kernelSet{name: "generic"}
}
