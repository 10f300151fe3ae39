package qtensor

import "math"

// fromHalf returns the value of an IEEE 754 binary16.
func fromHalf(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exp, frac := uint32(h>>10&31), uint32(h&0x3ff)
	switch exp {
	case 0: // zero and subnormal: frac · 2^-24
		return math.Float32frombits(sign | math.Float32bits(float32(frac)*0x1p-24))
	case 31:
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | frac<<13)
}

// toHalf rounds f to binary16, ties to even.
func toHalf(f float32) uint16 {
	bits := math.Float32bits(f)
	sign, mag := uint16(bits>>16&0x8000), bits&0x7fffffff
	switch {
	case mag > 0x7f800000: // NaN
		return sign | 0x7e00
	case mag >= 0x477ff000: // 65520 and up round to infinity
		return sign | 0x7c00
	case mag < 0x38800000: // below 2^-14: subnormal, a multiple of 2^-24
		n := math.RoundToEven(float64(math.Float32frombits(mag)) * 0x1p24)
		return sign | uint16(n)
	}
	// Rounding may carry into the exponent, which is then right as well.
	mag += 0xfff + mag>>13&1
	return sign | uint16((mag-(127-15)<<23)>>13)
}
