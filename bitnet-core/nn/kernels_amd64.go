//go:build !purego

package nn

import (
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

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

// lanes returns the float32 values of a vector, 0 for "generic".
func lanes() int {
	switch kernels.level {
	case simd.AVX512:
		return 16
	case simd.AVX2:
		return 8
	}
	return 0
}

// whole returns the part of n values that fills groups of `vectors` vectors.
func whole(n, vectors int) int {
	group := vectors * lanes()
	if group == 0 {
		return 0
	}
	return n / group * group
}

func weightedSumVec(dst []float32, rows []byte, d dtype.DType, p []float32) int {
	_, size := d.Block()
	stride, step := len(dst)*size, 4*lanes()
	columns := whole(len(dst), 4)
	for c := 0; c < columns; c += step {
		switch {
		case kernels.level == simd.AVX512 && d == dtype.F16:
			weightedSumF16AVX512(&dst[c], &rows[c*size], stride, &p[0], len(p))
		case kernels.level == simd.AVX512:
			weightedSumF32AVX512(&dst[c], &rows[c*size], stride, &p[0], len(p))
		case d == dtype.F16:
			weightedSumF16AVX2(&dst[c], &rows[c*size], stride, &p[0], len(p))
		default:
			weightedSumF32AVX2(&dst[c], &rows[c*size], stride, &p[0], len(p))
		}
	}
	return columns
}

func expSumVec(x []float32, top float32) (n int, sum float32) {
	n = whole(len(x), 1)
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		expSumAVX512(&x[0], n, top, &sum)
	default:
		expSumAVX2(&x[0], n, top, &sum)
	}
	return n, sum
}

func topVec(x []float32) (n int, top float32) {
	n = whole(len(x), 2)
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		top = topAVX512(&x[0], n)
	default:
		top = topAVX2(&x[0], n)
	}
	return n, top
}

func squaresVec(x []float32) (n int, sum float32) {
	n = whole(len(x), 2)
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		sum = squaresAVX512(&x[0], n)
	default:
		sum = squaresAVX2(&x[0], n)
	}
	return n, sum
}
