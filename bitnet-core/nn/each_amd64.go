//go:build !purego

package nn

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

func addVec(dst, x []float32) int {
	n := whole(len(dst), 1)
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		addAVX512(&dst[0], &x[0], n)
	default:
		addAVX2(&dst[0], &x[0], n)
	}
	return n
}

func scaleVec(dst, x []float32, a float32) int {
	n := whole(len(dst), 1)
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		scaleAVX512(&dst[0], &x[0], n, a)
	default:
		scaleAVX2(&dst[0], &x[0], n, a)
	}
	return n
}

func blendVec(dst, x []float32, a, b float32) int {
	n := whole(len(dst), 1)
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		blendAVX512(&dst[0], &x[0], n, a, b)
	default:
		blendAVX2(&dst[0], &x[0], n, a, b)
	}
	return n
}

func gainVec(dst, x, gain []float32, a float32) int {
	n := whole(len(dst), 1)
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		gainAVX512(&dst[0], &x[0], &gain[0], n, a)
	default:
		gainAVX2(&dst[0], &x[0], &gain[0], n, a)
	}
	return n
}

func relu2Vec(dst, gate, up []float32) int {
	n := whole(len(dst), 1)
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		relu2AVX512(&dst[0], &gate[0], &up[0], n)
	default:
		relu2AVX2(&dst[0], &gate[0], &up[0], n)
	}
	return n
}

func siluVec(dst, gate, up []float32) int {
	n := whole(len(dst), 1)
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		siluAVX512(&dst[0], &gate[0], &up[0], n)
	default:
		siluAVX2(&dst[0], &gate[0], &up[0], n)
	}
	return n
}

func turnVec(lo, hi, cos, sin []float32) int {
	n := whole(len(lo), 1)
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		turnAVX512(&lo[0], &hi[0], &cos[0], &sin[0], n)
	default:
		turnAVX2(&lo[0], &hi[0], &cos[0], &sin[0], n)
	}
	return n
}
