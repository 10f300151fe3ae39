//go:build !purego

package convert

//go:generate env GOWORK=off go run -C _asm . -out ../kernels_amd64.s -stubs ../kernels_stub_amd64.go -pkg convert

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

// choose returns the kernels of the highest variant that level allows.
func choose(level simd.Level) kernelSet {
	switch {
	case level >= simd.AVX512:
		return kernelSet{"avx512", simd.AVX512, 64, &vectorsAVX512}
	case level >= simd.AVX2:
		return kernelSet{"avx2", simd.AVX2, 32, &vectorsAVX2}
	}
	return kernelSet{name: "generic"}
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
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		widenI8AVX512(&dst[:n][0], &src[0], n, scale)
	default:
		widenI8AVX2(&dst[:n][0], &src[0], n, scale)
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

func packVec(dst, src []byte, signed bool) int {
	n := whole(len(src))
	switch wide := kernels.level == simd.AVX512; {
	case n == 0:
	case wide && signed:
		packI4AVX512(&dst[:n/2][0], &src[0], n)
	case wide:
		packU4AVX512(&dst[:n/2][0], &src[0], n)
	case signed:
		packI4AVX2(&dst[:n/2][0], &src[0], n)
	default:
		packU4AVX2(&dst[:n/2][0], &src[0], n)
	}
	return n
}

func unpackVec(dst, src []byte, signed bool) int {
	n := whole(len(dst))
	switch wide := kernels.level == simd.AVX512; {
	case n == 0:
	case wide && signed:
		unpackI4AVX512(&dst[0], &src[:n/2][0], n)
	case wide:
		unpackU4AVX512(&dst[0], &src[:n/2][0], n)
	case signed:
		unpackI4AVX2(&dst[0], &src[:n/2][0], n)
	default:
		unpackU4AVX2(&dst[0], &src[:n/2][0], n)
	}
	return n
}

func tritsVec(dst []byte, src []float32, inverse float32) int {
	n := whole(len(src))
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		tritsAVX512(&dst[:n][0], &src[0], n, inverse)
	default:
		tritsAVX2(&dst[:n][0], &src[0], n, inverse)
	}
	return n
}
