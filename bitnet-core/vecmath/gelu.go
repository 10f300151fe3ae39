package vecmath

import "math"

// The coefficients of x and x³ in twice the argument of tanh in GELUTanh, negated, each
// as a float32 and what that lacks.
const (
	cubic0     = -2 * math.Sqrt2 / math.SqrtPi
	cubic1     = 0.044715 * cubic0
	cubic0High = -1.59576916694641113281250
	cubic1High = -0.07135481387376785278320
)

// geluTanh is x/(1 + e^-z). The relative error of e^-z is the absolute one of z, so z is
// computed to twice the precision of float32: names in -Low are what is missing from a
// value, with the sign turned.
func geluTanh(x float32) float32 {
	const low = -11 // below, it is 0
	a := min(abs(x), -low)
	a2 := a * a
	a2Low := fnma(a, a, a2)
	h := float32(a2 * cubic1High) // the conversion forbids to fuse it with what follows
	hLow := fnma(a2, cubic1High, h)
	w := h + cubic0High
	b := w - cubic0High
	rest := (cubic0High - (w - b)) + (h - b) // Knuth's TwoSum
	rest = fnma(cubic1High, a2Low, rest-hLow)
	rest = fma(a2, cubic1-cubic1High, rest) + (cubic0 - cubic0High)
	z := a * w
	zLow := fnma(a, rest, fnma(a, w, z))
	y, k := power2(z, zLow)
	return gate(x, y, k, low)
}

// tailP approximates Φ(-t)·e^(t²/2)/u for u = 1/(1+t/4) and 0 <= t <= 15, with an error of
// 2^-26.5: Remez' polynomial, in 120 bits, rounded to float32.
var tailP = []float32{
	0.09974499046802521, 0.09954633563756943, 0.09508968144655228, 0.07390228658914566, 0.08136866986751556,
	0.022210778668522835, 0.017387505620718002, 0.0596911646425724, -0.06611849367618561, 0.01717708446085453,
}

// gelu is x·Φ(x). Φ(-|x|) is e^(-x²/2), with x² to twice the precision of float32, times a
// function of u. The logarithmic derivative of that, near 1 + 2.2u, times what u is short of by
// rounding corrects it.
func gelu(x float32) float32 {
	const low = -15 // below, it is 0
	a := min(abs(x), -low)
	half := a * -0.5
	z := half * a
	y, k := power2(z, fnma(half, a, z))
	d := fma(a, 0.25, 1)
	u := 1 / d
	missing := fnma(u, fma(a, 0.25, 1-d), fnma(u, d, 1)) // of u, relative to it
	tail := u * horner(u, tailP)
	y *= fma(tail, missing*fma(u, 2.2, 1), tail)
	if x < 0 {
		return scale(max(x, low)*y, k)
	}
	return x * (1 - scale(y, k))
}
