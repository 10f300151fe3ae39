package int8act

import "math"

// Eps bounds the scale of a row of zeros.
const Eps = 1e-5

// inf is the bit pattern of +Inf. As integers, the patterns of all finite
// magnitudes are smaller and those of NaNs are larger.
const inf = 0x7f800000

// QuantizeRow quantizes one row: dst[i] = round(x[i]·scale), where scale =
// 127/max(max|x|, Eps), and sum is Σ dst[i]. If x holds a NaN or an infinity, dst
// is all zero and scale is 0 (see the package comment).
//
// len(dst) must be len(x), below 1<<24, or QuantizeRow panics. dst and x must not
// overlap.
func QuantizeRow(dst []int8, x []float32) (scale float32, sum int32) {
	if len(dst) != len(x) || len(x) >= 1<<24 {
		panic("int8act: QuantizeRow length")
	}
	return quantizeRow(&best, dst, x)
}

func quantizeRow(v *variant, dst []int8, x []float32) (scale float32, sum int32) {
	bits := v.absmax(x)
	if bits >= inf {
		clear(dst)
		return 0, 0
	}
	scale = 127 / max(math.Float32frombits(bits), Eps)
	return scale, v.round(dst, x, scale)
}

// A variant is one implementation of the two passes over a row.
type variant struct {
	name string
	ok   bool // the CPU can run it and BITNET_SIMD allows it

	// absmax returns the largest bit pattern of |x[i]|, 0 for an empty row.
	absmax func(x []float32) uint32

	// round sets dst[i] = round(x[i]·scale), for finite x whose products lie
	// within ±127.5, and returns Σ dst[i].
	round func(dst []int8, x []float32, scale float32) int32
}

var generic = variant{name: "generic", ok: true, absmax: absmaxGeneric, round: roundGeneric}

// best is the first of [variants] that this machine can run.
var best = choose()

func choose() variant {
	for _, v := range variants() {
		if v.ok {
			return v
		}
	}
	return generic
}

func absmaxGeneric(x []float32) uint32 {
	var largest uint32
	for _, v := range x {
		largest = max(largest, math.Float32bits(v)&0x7fffffff)
	}
	return largest
}

func roundGeneric(dst []int8, x []float32, scale float32) int32 {
	var sum int32
	for i, v := range x {
		// The product is rounded to float32 before it is rounded to an integer.
		q := int32(math.RoundToEven(float64(float32(v * scale))))
		q = min(max(q, -128), 127)
		dst[i] = int8(q)
		sum += q
	}
	return sum
}
