package bitlinear

import "math"

// A variant is one implementation of the conversion from sums to results. The
// elements of y hold int32 bit patterns before and float32 values after.
type variant struct {
	name string
	ok   bool // the CPU can run it and BITNET_SIMD allows it

	// scale sets y[i] = float32(sum i)·factor.
	scale func(y []float32, factor float32)

	// scaleRows sets y[i] = float32(sum i)·(gamma[i]/s), for len(gamma) = len(y).
	scaleRows func(y, gamma []float32, s float32)
}

var generic = variant{name: "generic", ok: true, scale: scaleGeneric, scaleRows: scaleRowsGeneric}

// kernels is the first of [variants] that this machine can run.
var kernels = choose()

func choose() variant {
	for _, v := range variants() {
		if v.ok {
			return v
		}
	}
	return generic
}

func sum(y float32) float32 { return float32(int32(math.Float32bits(y))) }

func scaleGeneric(y []float32, factor float32) {
	for i, v := range y {
		y[i] = sum(v) * factor
	}
}

func scaleRowsGeneric(y, gamma []float32, s float32) {
	for i, v := range y {
		y[i] = sum(v) * (gamma[i] / s)
	}
}
