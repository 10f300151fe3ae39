package vecmath

import "math"

// fma returns a·b + c, rounded once, as the vector instructions do. The product is exact
// in float64. Its sum with c is rounded there, and once more here; the two differ from
// one rounding only where the first ends in the middle between two float32.
func fma(a, b, c float32) float32 {
	p := float64(a) * float64(b)
	s := p + float64(c)
	if math.Float64bits(s)&(1<<29-1) == 1<<28 {
		s = fromMiddle(p, float64(c), s)
	}
	return float32(s)
}

// fnma returns c - a·b, rounded once.
func fnma(a, b, c float32) float32 { return fma(-a, b, c) }

// fromMiddle moves s, the rounded sum of p and c, to where the exact sum lies (Knuth's
// TwoSum says on which side).
func fromMiddle(p, c, s float64) float64 {
	b := s - p
	rest := (p - (s - b)) + (c - b)
	switch {
	case rest > 0:
		return math.Nextafter(s, math.Inf(1))
	case rest < 0:
		return math.Nextafter(s, math.Inf(-1))
	}
	return s
}

// magic moves the integral part of what is added to it to its lowest bits.
const magic = 1.5 * (1 << 23)

// scale returns v·2^k for integral k from -252 to 254. The power is two factors that
// are normal numbers. The first product is exact for v near 1, so that results are
// rounded once, denormal or not. The conversion forbids to fuse the last with a sum.
func scale(v, k float32) float32 {
	i := int32(math.Float32bits(k+magic)) - int32(math.Float32bits(magic))
	return float32(v * power(i>>1) * power(i-i>>1))
}

// power returns 2^i, for the exponents of normal numbers.
func power(i int32) float32 { return math.Float32frombits(uint32(i+127) << 23) }

// horner returns c[0] + c[1]·x + …
func horner(x float32, c []float32) float32 {
	v := c[len(c)-1]
	for i := len(c) - 2; i >= 0; i-- {
		v = fma(v, x, c[i])
	}
	return v
}

func signBit(x float32) uint32   { return math.Float32bits(x) & (1 << 31) }
func abs(x float32) float32      { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }
func minusAbs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) | 1<<31) }
