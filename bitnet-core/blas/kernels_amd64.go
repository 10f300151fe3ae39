//go:build !purego

package blas

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

// choose returns the kernels of the highest variant that level allows.
func choose(level simd.Level) kernelSet {
	switch {
	case level >= simd.AVX512:
		return kernelSet{"avx512", simd.AVX512, 12, 32}
	case level >= simd.AVX2:
		return kernelSet{"avx2", simd.AVX2, 6, 16}
	}
	return generic
}

// compute runs the chosen kernel.
func (t *tile) compute() {
	if kernels.level == simd.Generic {
		tileGeneric(t)
		return
	}
	// What the kernel reads and writes, for it does not look at lengths.
	a := t.a[: (kernels.rows-1)*t.aDown+(t.k-1)*t.aRight+1 : len(t.a)]
	b := t.b[: (t.k-1)*t.bDown+kernels.cols : len(t.b)]
	c := t.c[: (kernels.rows-1)*t.cDown+kernels.cols : len(t.c)]
	if kernels.level == simd.AVX512 {
		tileAVX512(t.k, &a[0], 4*t.aDown, 4*t.aRight, &b[0], 4*t.bDown, &c[0], 4*t.cDown, t.alpha, t.beta)
	} else {
		tileAVX2(t.k, &a[0], 4*t.aDown, 4*t.aRight, &b[0], 4*t.bDown, &c[0], 4*t.cDown, t.alpha, t.beta)
	}
}

// transposeVec writes the front part of eight rows as columns and returns its length.
func transposeVec(dst []float32, dstDown int, src []float32, srcDown, n int) int {
	if n &^= 7; n == 0 || kernels.level == simd.Generic {
		return 0
	}
	_, _ = dst[(n-1)*dstDown+7], src[7*srcDown+n-1]
	transposeAVX2(&dst[0], 4*dstDown, &src[0], 4*srcDown, n)
	return n
}

// dotVec is dotGeneric, from 0, for the front part of a.
func dotVec(a, x []float32) (n int, sum float32) {
	switch kernels.level {
	case simd.AVX512:
		if n = len(a) &^ 63; n > 0 {
			return n, dotAVX512(&a[0], &x[:n][0], n)
		}
	case simd.AVX2:
		if n = len(a) &^ 31; n > 0 {
			return n, dotAVX2(&a[0], &x[:n][0], n)
		}
	}
	return 0, 0
}

// axpyVec adds four rows of a, times x, to the front part of y and returns its length.
func axpyVec(y, a []float32, down int, x *[4]float32) (n int) {
	switch kernels.level {
	case simd.AVX512:
		if n = len(y) &^ 15; n > 0 {
			_ = a[3*down+n-1]
			axpy4AVX512(&y[0], &a[0], 4*down, x, n)
		}
	case simd.AVX2:
		if n = len(y) &^ 7; n > 0 {
			_ = a[3*down+n-1]
			axpy4AVX2(&y[0], &a[0], 4*down, x, n)
		}
	}
	return n
}
