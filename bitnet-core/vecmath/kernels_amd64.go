//go:build !purego

package vecmath

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

// vec runs the chosen kernel of f, which is not the definition, on n values, a positive multiple of group.
func (f function) vec(dst, x *float32, n int) {
	if kernels.level == simd.AVX512 {
		switch f {
		case fnExp:
			expAVX512(dst, x, n)
		case fnLog:
			logAVX512(dst, x, n)
		case fnTanh:
			tanhAVX512(dst, x, n)
		case fnSigmoid:
			sigmoidAVX512(dst, x, n)
		case fnSiLU:
			siluAVX512(dst, x, n)
		case fnGELU:
			geluAVX512(dst, x, n)
		default:
			geluTanhAVX512(dst, x, n)
		}
		return
	}
	switch f {
	case fnExp:
		expAVX2(dst, x, n)
	case fnLog:
		logAVX2(dst, x, n)
	case fnTanh:
		tanhAVX2(dst, x, n)
	case fnSigmoid:
		sigmoidAVX2(dst, x, n)
	case fnSiLU:
		siluAVX2(dst, x, n)
	case fnGELU:
		geluAVX2(dst, x, n)
	default:
		geluTanhAVX2(dst, x, n)
	}
}

func expSumVec(dst, x *float32, n int, top float32, lanes *[group]float64) {
	if kernels.level == simd.AVX512 {
		expSumAVX512(dst, x, n, top, lanes)
	} else {
		expSumAVX2(dst, x, n, top, lanes)
	}
}

func sumExpVec(x *float32, n int, top float32, lanes *[group]float64) {
	if kernels.level == simd.AVX512 {
		sumExpAVX512(x, n, top, lanes)
	} else {
		sumExpAVX2(x, n, top, lanes)
	}
}

func scaleVec(dst, x *float32, n int, a float32) {
	if kernels.level == simd.AVX512 {
		scaleAVX512(dst, x, n, a)
	} else {
		scaleAVX2(dst, x, n, a)
	}
}

func shiftVec(dst, x *float32, n int, a, b float32) {
	if kernels.level == simd.AVX512 {
		shiftAVX512(dst, x, n, a, b)
	} else {
		shiftAVX2(dst, x, n, a, b)
	}
}

func topVec(x *float32, n int, lanes *[group]float32) {
	if kernels.level == simd.AVX512 {
		topAVX512(x, n, lanes)
	} else {
		topAVX2(x, n, lanes)
	}
}
