package nn

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// ErrRange reports a weight that the type of a matrix cannot hold.
var ErrRange = errors.New("a weight is not finite, or too large for the type")

// SetRow rounds src to m.Type and stores it as row r. F32, F16 and BF16 round to
// nearest, ties to even. Block types round as ggml's reference quantizers do:
//
//   - Q8_0: d = max|w|/127, codes are round(w/d), ties away from zero; d is rounded to
//     f16 when it is stored.
//   - Q4_0: d = w/−8 for the w of the largest magnitude, codes are ⌊w/d + 8.5⌋.
//   - Q6_K: of 19 scales for each 16 weights, the one whose codes, with the scale then
//     fitted to them, leave the least Σ w²·(w − s·code)²; the scales are rounded to 8
//     bits in steps of the largest, and codes are rounded once more with these.
//
// See [Matrix.SetRows] for many rows.
//
// Rows of finite weights that a scale fits are always stored; ErrRange says that there
// are others, and then the row holds nothing of use.
func (m *Matrix) SetRow(r int, src []float32) error {
	stride := m.stride()
	if len(src) != m.Cols || r < 0 || r >= m.Rows {
		panic("nn: Matrix.SetRow shape")
	}
	row := m.Data[r*stride : (r+1)*stride]
	ok := true
	switch m.Type {
	case dtype.F32:
		Float32s(row, src)
		ok = dtype.Finite(row, dtype.F32)
	case dtype.F16:
		Float16s(row, src)
		ok = dtype.Finite(row, dtype.F16)
	case dtype.BF16:
		ok = roundBF16(row, src)
	case dtype.Q8_0:
		for ; len(src) > 0 && ok; src, row = src[q8Weights:], row[q8Bytes:] {
			ok = roundQ8(row[:q8Bytes], src[:q8Weights])
		}
	case dtype.Q4_0:
		for ; len(src) > 0 && ok; src, row = src[q4Weights:], row[q4Bytes:] {
			ok = roundQ4(row[:q4Bytes], src[:q4Weights])
		}
	case dtype.Q6_K:
		for ; len(src) > 0 && ok; src, row = src[q6Weights:], row[q6Bytes:] {
			ok = roundQ6(row[:q6Bytes], src[:q6Weights])
		}
	}
	if !ok {
		return ErrRange
	}
	return nil
}

// extreme returns the value of the largest magnitude, the first of several, and
// whether all are finite.
func extreme(x []float32) (most float32, finite bool) {
	var magnitude float32
	finite = true
	for _, v := range x {
		finite = finite && v-v == 0
		if a := float32(math.Abs(float64(v))); a > magnitude {
			magnitude, most = a, v
		}
	}
	return most, finite
}

// putScale stores d as f16 and reports whether that is finite.
func putScale(dst []byte, d float32) bool {
	bits := dtype.F32ToF16(d)
	binary.LittleEndian.PutUint16(dst, bits)
	return bits&0x7c00 != 0x7c00
}

// inverse returns 1/d, 0 for d = 0.
func inverse(d float32) float32 {
	if d == 0 {
		return 0
	}
	return 1 / d
}

// roundBF16 leaves out what a NaN takes, as it reports one.
func roundBF16(row []byte, src []float32) bool {
	const infinite = 0x7f7f8000 // the least magnitude that is rounded to infinity, as bits
	var top uint32
	round := func(v float32) uint64 {
		b := math.Float32bits(v)
		top = max(top, b&0x7fffffff)
		return uint64((b + 0x7fff + b>>16&1) >> 16)
	}
	for ; len(src) >= 4; src, row = src[4:], row[8:] {
		binary.LittleEndian.PutUint64(row, round(src[0])|round(src[1])<<16|round(src[2])<<32|round(src[3])<<48)
	}
	for i, v := range src {
		binary.LittleEndian.PutUint16(row[2*i:], uint16(round(v)))
	}
	return top < infinite
}

// roundQ8 adds a half with the sign of the scaled weight and cuts, which gives ±127 at
// most where the scale has an inverse.
func roundQ8(block []byte, x []float32) bool {
	var top uint32
	for _, v := range x {
		top = max(top, math.Float32bits(v)&0x7fffffff)
	}
	d := math.Float32frombits(top) / 127
	id := inverse(d)
	if id-id != 0 || top >= 0x7f800000 {
		return roundQ8Extreme(block, x, d, id) && top < 0x7f800000
	}
	codes := block[2 : 2+len(x)]
	for i, v := range x {
		scaled := float32(v * id)
		half := math.Float32frombits(math.Float32bits(scaled)&0x80000000 | 0x3f000000)
		codes[i] = byte(int32(scaled + half))
	}
	return putScale(block, d)
}

func roundQ8Extreme(block []byte, x []float32, d, id float32) bool {
	for i, v := range x {
		scaled := float32(v * id)
		block[2+i] = byte(int8(min(max(scaled+float32(math.Copysign(0.5, float64(scaled))), -127), 127)))
	}
	return putScale(block, d)
}

func roundQ4(block []byte, x []float32) bool {
	most, finite := extreme(x)
	d := most / -8
	id := inverse(d)
	ok := putScale(block, d) && finite
	if id-id != 0 || !finite {
		for i := range 16 {
			block[2+i] = code4(float32(x[i]*id)) | code4(float32(x[16+i]*id))<<4
		}
		return ok
	}
	lo, hi, codes := x[:16], x[16:32], block[2:18]
	for i, v := range lo { // from 0.5 on, but for roundings
		a, b := int32(float32(v*id)+8.5), int32(float32(hi[i]*id)+8.5)
		codes[i] = byte(min(a, 15) | min(b, 15)<<4)
	}
	return ok
}

// code4 is the code of a scaled weight, which may be infinite.
func code4(v float32) byte { return byte(int(min(max(v+8.5, 0), 15))) }
