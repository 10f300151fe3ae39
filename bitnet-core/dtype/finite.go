package dtype

import "encoding/binary"

// Finite reports whether none of the values in data, of F32, F16 or BF16, is an infinity or
// a NaN. It panics for other types.
func Finite(data []byte, d DType) bool {
	// In words of 64 bits: the bits of exponents, the lowest of each, and the signs. An
	// exponent of ones, which those values have, and one more is the sign.
	var exponent, lowest, sign uint64
	switch d {
	case F32:
		exponent, lowest, sign = 0x7f8000007f800000, 0x0080000000800000, 0x8000000080000000
	case F16:
		exponent, lowest, sign = 0x7c007c007c007c00, 0x0400040004000400, 0x8000800080008000
	case BF16:
		exponent, lowest, sign = 0x7f807f807f807f80, 0x0080008000800080, 0x8000800080008000
	default:
		panic("dtype: Finite type")
	}
	var carry uint64 // into the signs
	for ; len(data) >= 8; data = data[8:] {
		carry |= binary.LittleEndian.Uint64(data)&exponent + lowest
	}
	var last [8]byte
	copy(last[:], data)
	carry |= binary.LittleEndian.Uint64(last[:])&exponent + lowest
	return carry&sign == 0
}
