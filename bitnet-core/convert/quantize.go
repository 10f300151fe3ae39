package convert

import (
	"encoding/binary"
	"math"
)

// leastScale keeps the inverse of a scale finite.
const leastScale = 0x1p-126

// scaleOf returns the scale of a row whose largest magnitude has these bits, and its
// inverse.
func scaleOf(bits uint32, largest float32) (scale, inverse float32) {
	if bits >= infinity {
		return float32(math.NaN()), float32(math.NaN())
	}
	scale = max(math.Float32frombits(bits)/largest, leastScale)
	return scale, 1 / scale
}

// rowLen returns the length of each of rows equal rows of n values.
func rowLen(n, rows int) int {
	if rows == 0 && n == 0 {
		return 0
	}
	if rows == 0 || n%rows != 0 {
		panic("convert: number of scales does not divide the values")
	}
	return n / rows
}

// QuantizeI8 rounds len(scales) equal rows of src to integers, row by row, with one
// scale each; a single scale is that of a tensor. In float32,
//
//	scale = max(max|x|/127, 2^-126)
//	q     = x·(1/scale), rounded to nearest, ties to even
//
// so that |x - q·scale| is at most half a scale but for the rounding of x·(1/scale), and q is
// from -127 to 127. A row that has a NaN or an infinity gets the scale NaN and zeros: what
// is dequantized from it is NaN. dst must be as long as src, and rows must come out even, or
// QuantizeI8 panics. Different rows may be quantized by different goroutines.
func QuantizeI8(dst []int8, scales, src []float32) {
	if len(dst) != len(src) {
		panic("convert: QuantizeI8 length mismatch")
	}
	quantize(Bytes(dst), scales, src)
}

// QuantizeU8 is [QuantizeI8] with 128 added to each q.
func QuantizeU8(dst []uint8, scales, src []float32) {
	if len(dst) != len(src) {
		panic("convert: QuantizeU8 length mismatch")
	}
	quantize(dst, scales, src)
	flip(dst, 128) // which adds 128
}

// flip changes in every byte the bits that are set in mask. Half of the range added to a
// number changes its uppermost bit.
func flip(b []byte, mask byte) {
	all := uint64(mask) * 0x0101010101010101
	for ; len(b) >= 8; b = b[8:] {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^all)
	}
	for i := range b {
		b[i] ^= mask
	}
}

func quantize(dst []byte, scales, src []float32) {
	n := rowLen(len(src), len(scales))
	for r := range scales {
		row := src[r*n : (r+1)*n]
		scale, inverse := scaleOf(absMax(row), 127)
		scales[r] = scale
		roundBytes(dst[r*n:(r+1)*n], row, inverse, -127, 127)
	}
}

// DequantizeI8 sets dst to src·scale, for len(scales) equal rows. It undoes
// [QuantizeI8] up to its rounding and panics likewise.
func DequantizeI8(dst []float32, src []int8, scales []float32) {
	if len(dst) != len(src) {
		panic("convert: DequantizeI8 length mismatch")
	}
	n := rowLen(len(src), len(scales))
	for r, scale := range scales {
		widenI8(dst[r*n:(r+1)*n], src[r*n:(r+1)*n], scale)
	}
}

// DequantizeU8 sets dst to (src-128)·scale, for len(scales) equal rows. It undoes
// [QuantizeU8] up to its rounding and panics likewise.
func DequantizeU8(dst []float32, src []uint8, scales []float32) {
	if len(dst) != len(src) {
		panic("convert: DequantizeU8 length mismatch")
	}
	n := rowLen(len(src), len(scales))
	var part [stage]int8
	for r, scale := range scales {
		for lo := r * n; lo < (r+1)*n; lo += len(part) {
			hi := min(lo+len(part), (r+1)*n)
			copy(Bytes(part[:]), src[lo:hi])
			flip(Bytes(part[:hi-lo]), 128)
			widenI8(dst[lo:hi], part[:hi-lo], scale)
		}
	}
}
