//go:build !purego

package blas

import (
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

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

// strip computes rows of c where the operands lie, for any number of columns.
func (t *tile) strip(rows, cols int) {
	if kernels.level == simd.Generic {
		stripGeneric(t, rows, cols)
		return
	}
	wide := kernels.level == simd.AVX512 && cols > 8
	most := 6
	if wide {
		most = 12
	}
	for r := 0; r < rows; r += most {
		n := min(most, rows-r)
		a, b, c := t.a[r*t.aDown:], t.b, t.c[r*t.cDown:]
		_, _, _ = a[(n-1)*t.aDown+(t.k-1)*t.aRight], b[(t.k-1)*t.bDown+cols-1], c[(n-1)*t.cDown+cols-1]
		if wide {
			stripAVX512(n, cols, t.k, &a[0], 4*t.aDown, 4*t.aRight, &b[0], 4*t.bDown, &c[0], 4*t.cDown, t.alpha, t.beta)
		} else {
			stripAVX2(n, cols, t.k, &a[0], 4*t.aDown, 4*t.aRight, &b[0], 4*t.bDown, &c[0], 4*t.cDown, t.alpha, t.beta)
		}
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

// chooseInts is choose for int8.
func chooseInts(level simd.Level) intKernelSet {
	switch {
	case level >= simd.AVX512VNNI:
		return intKernelSet{kernelSet{"avx512vnni", simd.AVX512VNNI, 12, 32}, 4, 128, 64}
	case level >= simd.AVX2:
		return intKernelSet{kernelSet{"avx2", simd.AVX2, 6, 16}, 2, 0, 32}
	}
	return genericInts
}

// tileInts sets a tile of c to the product of a panel and a slice, or adds it.
func tileInts(panel, slice []uint32, c []int32, down int, add bool) {
	steps := len(slice) / ints.cols
	_, _ = panel[(1+steps)*ints.rows-1], c[(ints.rows-1)*down+ints.cols-1]
	a, b := (*byte)(unsafe.Pointer(&panel[0])), (*byte)(unsafe.Pointer(&slice[0]))
	more := 0
	if add {
		more = 1
	}
	if ints.level == simd.AVX512VNNI {
		tileIntsAVX512VNNI(steps, a, b, &c[0], 4*down, more)
	} else {
		tileIntsAVX2(steps, a, b, &c[0], 4*down, more)
	}
}

// transposeWords writes the front part of eight rows of words, which are down bytes apart, as
// columns and returns its length.
func transposeWords(dst []uint32, dstDown int, src []int8, down, n int) int {
	if n &^= 7; n == 0 {
		return 0
	}
	_, _ = dst[(n-1)*dstDown+7], src[7*down+4*n-1]
	transposeAVX2((*float32)(unsafe.Pointer(&dst[0])), 4*dstDown, (*float32)(unsafe.Pointer(&src[0])), down, n)
	return n
}

// packRowsVec packs the front rows of whole, and returns how many.
func packRowsVec(dst []uint32, m *Matrix[int8], whole int, flip uint32) int {
	_, _ = dst[whole/ints.per*m.Cols-1], m.Data[(whole-1)*m.Down+m.Cols-1]
	switch {
	case ints.per == 4 && m.Cols == 32:
		packBytesAVX2(&dst[0], &m.Data[0], m.Down, whole/4, flip)
	case ints.per == 2 && m.Cols == 16:
		packPairsAVX2(&dst[0], &m.Data[0], m.Down, whole/2)
	default: // panels of a
		return 0
	}
	return whole
}

// dotInts returns Σ (a[i]+offset)·x[i] for a multiple of ints.step values.
func dotInts(a, x []int8) int32 {
	if ints.level == simd.AVX512VNNI {
		return dotIntsAVX512VNNI(&a[0], &x[0], len(a))
	}
	return dotIntsAVX2(&a[0], &x[0], len(a))
}
