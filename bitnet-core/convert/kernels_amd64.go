//go:build !purego

package convert

//go:generate env GOWORK=off go run -C _asm . -out ../kernels_amd64.s -stubs ../kernels_stub_amd64.go -pkg convert

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

// choose returns the kernels of the highest variant that level allows.
func choose(level simd.Level) kernelSet {
	switch {
	case level >= simd.AVX512:
		return kernelSet{"avx512", simd.AVX512}
	case level >= simd.AVX2:
		return kernelSet{"avx2", simd.AVX2}
	}
	return kernelSet{name: "generic"}
}

// whole returns the part of n values that fills turns of a kernel's loop.
func whole(n int) int {
	switch kernels.level {
	case simd.AVX512:
		return n &^ 63
	case simd.AVX2:
		return n &^ 31
	}
	return 0
}

func widenF16Vec(dst []float32, src []uint16) int {
	n := whole(len(src))
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		widenF16AVX512(&dst[:n][0], &src[0], n)
	default:
		widenF16AVX2(&dst[:n][0], &src[0], n)
	}
	return n
}

func widenBF16Vec(dst []float32, src []uint16) int {
	n := whole(len(src))
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		widenBF16AVX512(&dst[:n][0], &src[0], n)
	default:
		widenBF16AVX2(&dst[:n][0], &src[0], n)
	}
	return n
}

func widenI8Vec(dst []float32, src []int8, scale float32) int {
	n := whole(len(src))
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		widenI8AVX512(&dst[:n][0], &src[0], n, scale)
	default:
		widenI8AVX2(&dst[:n][0], &src[0], n, scale)
	}
	return n
}

func narrowF16Vec(dst []uint16, src []float32) int {
	n := whole(len(src))
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		narrowF16AVX512(&dst[:n][0], &src[0], n)
	default:
		narrowF16AVX2(&dst[:n][0], &src[0], n)
	}
	return n
}

func narrowBF16Vec(dst []uint16, src []float32) int {
	n := whole(len(src))
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		narrowBF16AVX512(&dst[:n][0], &src[0], n)
	default:
		narrowBF16AVX2(&dst[:n][0], &src[0], n)
	}
	return n
}

func roundBytesVec(dst []byte, src []float32, inverse, lo, hi float32) int {
	n := whole(len(src))
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		roundBytesAVX512(&dst[:n][0], &src[0], n, inverse, lo, hi)
	default:
		roundBytesAVX2(&dst[:n][0], &src[0], n, inverse, lo, hi)
	}
	return n
}

func absMaxVec(src []float32) (n int, top uint32) {
	n = whole(len(src))
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		top = absMaxAVX512(&src[0], n)
	default:
		top = absMaxAVX2(&src[0], n)
	}
	return n, top
}
