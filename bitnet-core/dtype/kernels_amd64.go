//go:build !purego

package dtype

//go:generate env GOWORK=off go run -C _asm . -out ../kernels_amd64.s -stubs ../kernels_stub_amd64.go -pkg dtype

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

// choose returns the kernels of the highest variant that level allows.
func choose(level simd.Level) kernelSet {
	switch {
	case level >= simd.AVX512:
		return kernelSet{"avx512", simd.AVX512, 64}
	case level >= simd.AVX2:
		return kernelSet{"avx2", simd.AVX2, 32}
	}
	return kernelSet{name: "generic"}
}

func widenF16Vec(dst []float32, src []uint16) int {
	n := whole(len(src))
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		widenF16AVX512(&dst[0], &src[0], n)
	default:
		widenF16AVX2(&dst[0], &src[0], n)
	}
	return n
}

func widenBF16Vec(dst []float32, src []uint16) int {
	n := whole(len(src))
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		widenBF16AVX512(&dst[0], &src[0], n)
	default:
		widenBF16AVX2(&dst[0], &src[0], n)
	}
	return n
}

func narrowF16Vec(dst []uint16, src []float32) int {
	n := whole(len(src))
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		narrowF16AVX512(&dst[0], &src[0], n)
	default:
		narrowF16AVX2(&dst[0], &src[0], n)
	}
	return n
}

func narrowBF16Vec(dst []uint16, src []float32) int {
	n := whole(len(src))
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		narrowBF16AVX512(&dst[0], &src[0], n)
	default:
		narrowBF16AVX2(&dst[0], &src[0], n)
	}
	return n
}
