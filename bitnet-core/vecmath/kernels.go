package vecmath

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

// A kernelSet is the choice of kernels for one CPU. Each architecture's functions with
// names in -Vec call kernels by name: pointers that pass through a function variable
// escape, and the copy of a tail would be an allocation.
type kernelSet struct {
	name  string
	level simd.Level
}

var kernels = choose(simd.Best())

// group is the number of values that all kernels take at a time. Fewer at the end are
// copied and filled up, so that they pass through the same instructions.
const group = 16

// A function is one of those that compute each value for itself.
type function uint8

const (
	fnExp function = iota
	fnLog
	fnTanh
	fnSigmoid
	fnSiLU
	fnGELU
	fnGELUTanh
)

// generic returns the definition of f.
func (f function) generic() func(float32) float32 {
	switch f {
	case fnExp:
		return exp
	case fnLog:
		return logarithm
	case fnTanh:
		return tanh
	case fnSigmoid:
		return sigmoid
	case fnSiLU:
		return silu
	case fnGELU:
		return gelu
	default:
		return geluTanh
	}
}

// apply sets dst = f(x), of the same length.
func (f function) apply(dst, x []float32) {
	if kernels.level == simd.Generic {
		g := f.generic()
		for i, v := range x {
			dst[i] = g(v)
		}
		return
	}
	n := len(x) / group * group
	if n > 0 {
		f.vec(&dst[0], &x[0], n)
	}
	if n < len(x) {
		var tail [group]float32
		copy(tail[:], x[n:])
		f.vec(&tail[0], &tail[0], group)
		copy(dst[n:], tail[:])
	}
}
