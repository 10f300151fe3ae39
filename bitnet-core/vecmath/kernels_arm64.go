//go:build !purego

package vecmath

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

// choose returns the kernels of the highest variant that level allows.
func choose(level simd.Level) kernelSet {
	if level < simd.NEON {
		return kernelSet{name: "generic"}
	}
	return kernelSet{"neon", simd.NEON}
}

// vec runs the chosen kernel of f, which is not the definition, on n values, a positive multiple of group.
func (f function) vec(dst, x *float32, n int) {
	switch f {
	case fnExp:
		expNEON(dst, x, n)
	case fnLog:
		logNEON(dst, x, n)
	case fnTanh:
		tanhNEON(dst, x, n)
	case fnSigmoid:
		sigmoidNEON(dst, x, n)
	case fnSiLU:
		siluNEON(dst, x, n)
	case fnGELU:
		geluNEON(dst, x, n)
	default:
		geluTanhNEON(dst, x, n)
	}
}

func expSumVec(dst, x *float32, n int, top float32, lanes *[group]float64) {
	expSumNEON(dst, x, n, top, lanes)
}

func sumExpVec(x *float32, n int, top float32, lanes *[group]float64) {
	sumExpNEON(x, n, top, lanes)
}

func scaleVec(dst, x *float32, n int, a float32) {
	scaleNEON(dst, x, n, a)
}

func shiftVec(dst, x *float32, n int, a, b float32) {
	shiftNEON(dst, x, n, a, b)
}

func topVec(x *float32, n int, lanes *[group]float32) {
	topNEON(x, n, lanes)
}
