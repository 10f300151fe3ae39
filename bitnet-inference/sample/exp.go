package sample

import "math"

const (
	log2e = 1 / math.Ln2
	// ln2 in two parts: the high one has 21 trailing zero bits, so that
	// k·ln2High is exact for every exponent k.
	ln2High = 6.93147180369123816490e-01
	ln2Low  = math.Ln2 - ln2High
	// Below this exp is under the smallest normal float64: no token that
	// improbable is ever drawn, so it is 0.
	expFloor = -708
)

// exp returns e^x for x <= 0 with a relative error below 1e-15, bit for bit the
// same on every platform: the conversions to float64 keep the compiler from
// fusing a multiplication and an addition where the CPU could, which rounds
// differently. Anything below -708, and NaN, gives 0.
func exp(x float64) float64 {
	if !(x >= expFloor) {
		return 0
	}
	// x = k·ln2 + r with |r| <= ln2/2.
	k := int64(float64(x*log2e) - 0.5) // towards 0, that is up: x <= 0
	r := x - float64(float64(k)*ln2High)
	r -= float64(float64(k) * ln2Low)
	// Taylor's series, halves of it added apart so that the CPU can work on
	// both: the first term left out, r^14/14!, is below 5e-18.
	r2 := float64(r * r)
	even := 1.0 / 479001600
	odd := 1.0 / 6227020800
	even = float64(even*r2) + 1.0/3628800
	odd = float64(odd*r2) + 1.0/39916800
	even = float64(even*r2) + 1.0/40320
	odd = float64(odd*r2) + 1.0/362880
	even = float64(even*r2) + 1.0/720
	odd = float64(odd*r2) + 1.0/5040
	even = float64(even*r2) + 1.0/24
	odd = float64(odd*r2) + 1.0/120
	even = float64(even*r2) + 0.5
	odd = float64(odd*r2) + 1.0/6
	odd = float64(odd*r2) + 1
	p := 1 + (float64(odd*r) + float64(even*r2))
	// p is in [0.7, 1.42): adding to its exponent field multiplies by 2^k.
	return math.Float64frombits(math.Float64bits(p) + uint64(k)<<52)
}

// weight is the unnormalised probability of a logit: exp((logit-most)/t), where
// most is the largest. Equal infinities have weight 1, not NaN.
func weight(logit, most float32, t float64) float64 {
	if logit == most {
		return 1
	}
	return exp((float64(logit) - float64(most)) / t)
}

// log returns the natural logarithm of a positive normal number with a relative
// error below 1e-14, bit for bit the same on every platform.
func log(x float64) float64 {
	bits := math.Float64bits(x)
	// x = m·2^k with m in [sqrt(1/2), sqrt(2)).
	k := int64(bits>>52) - 1022
	m := math.Float64frombits(bits&(1<<52-1) | 1022<<52)
	if m < math.Sqrt2/2 {
		m *= 2
		k--
	}
	// log(m) = 2·artanh(s), |s| < 0.172: the first term of the series left out is
	// below 2e-18 of the whole.
	s := (m - 1) / (m + 1)
	s2 := float64(s * s)
	sum := 1.0 / 21
	for d := 19; d >= 1; d -= 2 {
		sum = float64(sum*s2) + 1/float64(d)
	}
	return float64(float64(k)*ln2High) + (float64(2*s*sum) + float64(float64(k)*ln2Low))
}
