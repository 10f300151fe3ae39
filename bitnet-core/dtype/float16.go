package dtype

import "math"

// F16ToF32 returns the value of a binary16. Every binary16 has an exact
// float32; a signalling NaN becomes quiet, as it does in hardware.
func F16ToF32(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exp := uint32(h>>10) & 0x1f
	frac := uint32(h & 0x3ff)
	switch exp {
	case 0:
		// Zero or subnormal: frac · 2^-24, which float32 multiplies exactly.
		f := float32(frac) * 0x1p-24
		return math.Float32frombits(sign | math.Float32bits(f))
	case 0x1f:
		if frac != 0 {
			frac |= 0x200
		}
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | frac<<13)
}

// F32ToF16 returns the binary16 nearest to f, ties to even. Values that round
// past 65504 become infinite, values below half of 2^-24 become zero, and the
// sign is kept. A NaN stays one: quiet, with the upper bits of its payload.
func F32ToF16(f float32) uint16 {
	b := math.Float32bits(f)
	sign := uint16(b >> 16 & 0x8000)
	b &= 0x7fffffff
	switch {
	case b > 0x7f800000: // NaN
		return sign | 0x7e00 | uint16(b>>13&0x3ff)
	case b >= 0x47800000: // 2^16 and above
		return sign | 0x7c00
	case b < 0x38800000: // below 2^-14: zero or subnormal
		// Adding 0.5 leaves a float32 whose unit in the last place is 2^-24,
		// so the addition rounds to the subnormal's precision.
		r := math.Float32bits(math.Float32frombits(b) + 0.5)
		return sign | uint16(r-math.Float32bits(0.5))
	}
	// Round at bit 13: add just under a half, and one more if the kept part is
	// odd. A carry runs into the exponent, at the top into infinity.
	b += 0xfff + b>>13&1
	return sign | uint16((b-(127-15)<<23)>>13)
}

// BF16ToF32 returns the value of a bfloat16.
func BF16ToF32(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }

// F32ToBF16 returns the bfloat16 nearest to f, ties to even. A NaN stays one:
// quiet, with the upper bits of its payload.
func F32ToBF16(f float32) uint16 {
	b := math.Float32bits(f)
	if b&0x7fffffff > 0x7f800000 {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}
