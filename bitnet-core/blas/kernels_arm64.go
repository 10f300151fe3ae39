//go:build !purego

package blas

import (
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// choose returns the kernels of the highest variant that level allows. The levels above
// NEON add integer products alone.
func choose(level simd.Level) kernelSet {
	if level >= simd.NEON {
		return kernelSet{"neon", simd.NEON, 6, 16}
	}
	return generic
}

// compute runs the chosen kernel.
func (t *tile) compute() {
	if kernels.level == simd.Generic {
		tileGeneric(t)
		return
	}
	t.strip(kernels.rows, kernels.cols)
}

// strip computes rows of c where the operands lie, for any number of columns.
func (t *tile) strip(rows, cols int) {
	if kernels.level == simd.Generic {
		stripGeneric(t, rows, cols)
		return
	}
	// What the kernel reads and writes, for it does not look at lengths.
	a := t.a[: (rows-1)*t.aDown+(t.k-1)*t.aRight+1 : len(t.a)]
	b := t.b[: (t.k-1)*t.bDown+cols : len(t.b)]
	c := t.c[: (rows-1)*t.cDown+cols : len(t.c)]
	stripNEON(rows, cols, t.k, &a[0], 4*t.aDown, 4*t.aRight, &b[0], 4*t.bDown, &c[0], 4*t.cDown, t.alpha, t.beta)
}

// transposeVec writes the front part of eight rows as columns and returns its length.
func transposeVec(dst []float32, dstDown int, src []float32, srcDown, n int) int {
	if n &^= 3; n == 0 || kernels.level == simd.Generic {
		return 0
	}
	_, _ = dst[(n-1)*dstDown+7], src[7*srcDown+n-1]
	for r := 0; r < 8; r += 4 {
		transposeNEON(&dst[r], 4*dstDown, &src[r*srcDown], 4*srcDown, n)
	}
	return n
}

// dotVec is dotGeneric, from 0, for the front part of a.
func dotVec(a, x []float32) (n int, sum float32) {
	if n = len(a) &^ 15; n == 0 || kernels.level == simd.Generic {
		return 0, 0
	}
	return n, dotNEON(&a[0], &x[:n][0], n)
}

// axpyVec adds four rows of a, times x, to the front part of y and returns its length.
func axpyVec(y, a []float32, down int, x *[4]float32) (n int) {
	if n = len(y) &^ 7; n == 0 || kernels.level == simd.Generic {
		return 0
	}
	_ = a[3*down+n-1]
	axpy4NEON(&y[0], &a[0], 4*down, x, n)
	return n
}

// chooseInts is choose for int8.
func chooseInts(level simd.Level) intKernelSet {
	switch {
	case level >= simd.NEONDotProd:
		return intKernelSet{kernelSet{"neondot", simd.NEONDotProd, 8, 8}, 4, 0, 32}
	case level >= simd.NEON:
		return intKernelSet{kernelSet{"neon", simd.NEON, 4, 8}, 4, 0, 32}
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
	if ints.level == simd.NEONDotProd {
		tileIntsNEONDotProd(steps, a, b, &c[0], 4*down, more)
	} else {
		tileIntsNEON(steps, a, b, &c[0], 4*down, more)
	}
}

// transposeWords writes the front part of eight rows of words, which are down bytes apart, as
// columns and returns its length.
func transposeWords(dst []uint32, dstDown int, src []int8, down, n int) int {
	if n &^= 3; n == 0 {
		return 0
	}
	_, _ = dst[(n-1)*dstDown+7], src[7*down+4*n-1]
	for r := 0; r < 8; r += 4 {
		transposeNEON((*float32)(unsafe.Pointer(&dst[r])), 4*dstDown, (*float32)(unsafe.Pointer(&src[r*down])), down, n)
	}
	return n
}

// packRowsVec would pack rows; plain Go does.
func packRowsVec([]uint32, *Matrix[int8], int, uint32) int { return 0 }

// dotInts returns Σ (a[i]+offset)·x[i] for a multiple of ints.step values.
func dotInts(a, x []int8) int32 {
	if ints.level == simd.NEONDotProd {
		return dotIntsNEONDotProd(&a[0], &x[0], len(a))
	}
	return dotIntsNEON(&a[0], &x[0], len(a))
}
