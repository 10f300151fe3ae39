package vecmath

import "math"

// rootHalf is the bits of √½.
const rootHalf = 0x3f3504f3

// logP approximates (log(1+f) - f + f²/2)/f³ between √½-1 and √2-1, with an error of
// 2^-25.4 of log(1+f): Remez' polynomial, in 120 bits, rounded to float32.
var logP = []float32{
	0.3333333134651184, -0.250008225440979, 0.20001260936260223, -0.16623349487781525,
	0.1420089304447174, -0.13156118988990784, 0.127491757273674, -0.0761837586760521,
}

// logarithm is e·ln 2 + log m, where x = m·2^e and m is between √½ and √2.
func logarithm(x float32) float32 {
	y, e := x, float32(0)
	if x < 0x1p-126 {
		y, e = x*0x1p23, -23
	}
	i := int32(math.Float32bits(y) - rootHalf)
	e += float32(i >> 23)
	f := math.Float32frombits(uint32(i&(1<<23-1))+rootHalf) - 1
	s := f * f
	r := fma(s*f, horner(f, logP), e*ln2Low)
	r = fma(e, ln2High, fnma(0.5, s, r)+f)
	switch {
	case x < 0:
		return float32(math.NaN())
	case x == 0:
		return float32(math.Inf(-1))
	case x < float32(math.Inf(1)):
		return r
	}
	return x // Inf or NaN
}
