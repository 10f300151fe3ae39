package convert

import "encoding/binary"

// nibbles is the number of values that pass through a buffer of bytes at a time.
const nibbles = 1024

// I4Bytes returns the bytes that n values of I4 take: half as many, rounded up.
func I4Bytes(n int) int { return n/2 + n%2 }

// PackI4 sets dst to the values of src as I4, saturated to -8 and 7: value 2i in the
// lower half of byte i, value 2i+1 in the upper one. If their number is odd the last half
// is zero. It panics unless len(dst) is I4Bytes(len(src)). dst may be the front part of
// the memory of src.
func PackI4(dst []byte, src []int8) {
	if len(dst) != I4Bytes(len(src)) {
		panic("convert: PackI4 length mismatch")
	}
	half := func(v int8) byte { return byte(min(max(v, -8), 7)) & 15 }
	for i := range len(src) / 2 {
		dst[i] = half(src[2*i]) | half(src[2*i+1])<<4
	}
	if n := len(src); n%2 == 1 {
		dst[n/2] = half(src[n-1])
	}
}

// UnpackI4 sets dst to the values of src; see [PackI4]. It panics unless len(src) is
// I4Bytes(len(dst)). The two must not overlap.
func UnpackI4(dst []int8, src []byte) {
	if len(src) != I4Bytes(len(dst)) {
		panic("convert: UnpackI4 length mismatch")
	}
	for i, b := range src[:len(dst)/2] {
		dst[2*i], dst[2*i+1] = int8(b<<4)>>4, int8(b)>>4
	}
	if n := len(dst); n%2 == 1 {
		dst[n-1] = int8(src[n/2]<<4) >> 4
	}
}

// packNibbles is PackI4 for an even number of values from -8 to 7, eight at a time.
func packNibbles(dst, src []byte) {
	i := 0
	for ; i+8 <= len(src); i += 8 {
		v := binary.LittleEndian.Uint64(src[i:]) & 0x0f0f0f0f0f0f0f0f
		v = (v | v>>4) & 0x00ff00ff00ff00ff
		v = (v | v>>8) & 0x0000ffff0000ffff
		binary.LittleEndian.PutUint32(dst[i/2:], uint32(v|v>>16))
	}
	for ; i < len(src); i += 2 {
		dst[i/2] = src[i]&15 | src[i+1]<<4
	}
}

// QuantizeI4 is [QuantizeI8] with
//
//	scale = max(max|x|/7, 2^-126)
//
// and q from -7 to 7, packed as by [PackI4]: each row begins at a byte of its own and takes
// I4Bytes of its length.
func QuantizeI4(dst []byte, scales, src []float32) {
	n := rowLen(len(src), len(scales))
	if len(dst) != len(scales)*I4Bytes(n) {
		panic("convert: QuantizeI4 length mismatch")
	}
	var part [nibbles]byte
	for r := range scales {
		row := src[r*n : (r+1)*n]
		scale, inverse := scaleOf(absMax(row), 7)
		scales[r] = scale
		for len(row) > 0 {
			k := min(len(part), len(row))
			if k%2 == 1 { // k < len(part), which is even
				part[k] = 0
			}
			roundBytes(part[:k], row[:k], inverse, -7, 7)
			size := I4Bytes(k)
			packNibbles(dst[:size], part[:2*size])
			dst, row = dst[size:], row[k:]
		}
	}
}

// DequantizeI4 sets dst to q·scale, for len(scales) equal rows as [QuantizeI4] packs them.
// It panics likewise.
func DequantizeI4(dst []float32, src []byte, scales []float32) {
	n := rowLen(len(dst), len(scales))
	if len(src) != len(scales)*I4Bytes(n) {
		panic("convert: DequantizeI4 length mismatch")
	}
	var part [nibbles]int8
	for r, scale := range scales {
		for row := dst[r*n : (r+1)*n]; len(row) > 0; {
			k := min(len(part), len(row))
			size := I4Bytes(k)
			UnpackI4(part[:k], src[:size])
			widenI8(row[:k], part[:k], scale)
			row, src = row[k:], src[size:]
		}
	}
}
