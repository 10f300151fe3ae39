package convert

// stage is the number of values that pass through a buffer of bytes at a time.
const stage = 1024

// QuantizeI4 is [QuantizeI8] with
//
//	scale = max(max|x|/7, 2^-126)
//
// and q from -7 to 7, packed as by [PackI4]: each row begins at a byte of its own and takes
// I4Bytes of its length.
func QuantizeI4(dst []byte, scales, src []float32) {
	if len(dst) != len(scales)*I4Bytes(rowLen(len(src), len(scales))) {
		panic("convert: QuantizeI4 length mismatch")
	}
	quantize4(dst, scales, src, 0)
}

// QuantizeU4 is [QuantizeI4] with 8 added to each q, packed as by [PackU4].
func QuantizeU4(dst []byte, scales, src []float32) {
	if len(dst) != len(scales)*I4Bytes(rowLen(len(src), len(scales))) {
		panic("convert: QuantizeU4 length mismatch")
	}
	quantize4(dst, scales, src, 8)
}

// quantize4 exclusive-ors all halves with zero.
func quantize4(dst []byte, scales, src []float32, zero byte) {
	n := rowLen(len(src), len(scales))
	var part [stage]byte
	for r := range scales {
		row := src[r*n : (r+1)*n]
		scale, inverse := scaleOf(absMax(row), 7)
		scales[r] = scale
		for len(row) > 0 {
			k := min(len(part), len(row))
			roundBytes(part[:k], row[:k], inverse, -7, 7)
			size := I4Bytes(k)
			pack(dst[:size], part[:k], true)
			if zero != 0 {
				flip(dst[:size], zero<<4|zero)
				if k%2 == 1 {
					dst[size-1] &= 15
				}
			}
			dst, row = dst[size:], row[k:]
		}
	}
}

// DequantizeI4 sets dst to q·scale, for len(scales) equal rows as [QuantizeI4] packs them.
// It panics likewise.
func DequantizeI4(dst []float32, src []byte, scales []float32) {
	if len(src) != len(scales)*I4Bytes(rowLen(len(dst), len(scales))) {
		panic("convert: DequantizeI4 length mismatch")
	}
	dequantize4(dst, src, scales, 0)
}

// DequantizeU4 sets dst to (q-8)·scale, for len(scales) equal rows as [QuantizeU4] packs
// them. It panics likewise.
func DequantizeU4(dst []float32, src []byte, scales []float32) {
	if len(src) != len(scales)*I4Bytes(rowLen(len(dst), len(scales))) {
		panic("convert: DequantizeU4 length mismatch")
	}
	dequantize4(dst, src, scales, 8)
}

func dequantize4(dst []float32, src []byte, scales []float32, zero byte) {
	n := rowLen(len(dst), len(scales))
	var part [stage]int8
	var packed [stage / 2]byte
	for r, scale := range scales {
		for row := dst[r*n : (r+1)*n]; len(row) > 0; {
			k := min(len(part), len(row))
			size := I4Bytes(k)
			from := src[:size]
			if zero != 0 {
				copy(packed[:], from)
				from = packed[:size]
				flip(from, zero<<4|zero)
			}
			unpack(Bytes(part[:k]), from, true)
			widenI8(row[:k], part[:k], scale)
			row, src = row[k:], src[size:]
		}
	}
}
