package vecmath

import "math"

// ln 2 is ln2High + ln2Low, both float32.
const (
	ln2High = 0.693147182464599609375
	ln2Low  = math.Ln2 - ln2High
)

// expQ approximates (eʳ - 1 - r)/r² for |r| <= ln 2/2 with an error of 2^-26.5 of eʳ: the
// interpolation at Chebyshev's points, in 120 bits, rounded to float32.
var expQ = []float32{0.5, 0.16666576266288757, 0.04166655242443085, 0.00836323294788599, 0.0013926250394433737}

// reduce returns the integer k nearest to x/ln 2, what remains of x, and a number with
// k in its lowest bits. The first difference is exact: both its terms are multiples of
// 2^-24 or less, and what is left of them is less than 1.
func reduce(x float32) (k, r, bits float32) {
	bits = fma(x, math.Log2E, magic)
	k = bits - magic
	return k, fnma(k, ln2Low, fnma(k, ln2High, x)), bits
}

// power2 returns y and k with e^(x-low) = y·2^k, for |k| < 2^22.
func power2(x, low float32) (y, k float32) {
	k, r, _ := reduce(x)
	r -= low
	return fma(fma(horner(r, expQ), r, 1), r, 1), k
}

func exp(x float32) float32 { return scale(power2(min(max(x, -104), 89), 0)) }

// expFrom returns exp(x-top) for x <= top. The relative error of the result is the
// absolute one of the difference, so that is computed to twice the precision of
// float32 (Knuth's TwoSum); low is what it lacks, with the sign turned.
func expFrom(x, top float32) float32 {
	s := x - top
	b := s - x
	low := (top + b) - (x - (s - b))
	if s < -104 { // perhaps -Inf
		low = 0
	}
	return scale(power2(max(s, -104), low))
}

// tanh is e/(e+2) for e = e^2|x| - 1, which is precise near 0 too, with the sign of x.
func tanh(x float32) float32 {
	a := min(abs(x), 9.1) // beyond, it is 1
	_, r, bits := reduce(a + a)
	q := fma(r*r, horner(r, expQ), r)
	p := math.Float32frombits(math.Float32bits(bits)<<23 + math.Float32bits(1))
	e := fma(p, q, p-1)
	return math.Float32frombits(math.Float32bits(e/(e+2)) | signBit(x))
}

func sigmoid(x float32) float32 {
	e := scale(power2(max(minusAbs(x), -104), 0))
	if x < 0 {
		return e / (e + 1)
	}
	return 1 / (e + 1)
}

func silu(x float32) float32 {
	const low = -126 // below, it is 0
	y, k := power2(max(minusAbs(x), low), 0)
	return gate(x, y, k, low)
}

// gate returns x/(1 + e^-z), where e^-|z| = y·2^k and z has the sign of x. For negative x
// the power of two comes last, so that only the result is denormal.
func gate(x, y, k, low float32) float32 {
	e := scale(y, k)
	if x < 0 {
		return scale(max(x, low)*y/(e+1), k)
	}
	return x / (e + 1)
}
