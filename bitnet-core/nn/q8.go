package nn

import (
	"encoding/binary"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// Elements of type Q8_0 are int8 codes, and q8Group of them that follow one another
// in a position share a float16 scale: x ≈ scale·code with scale = max|x|/127, which
// is the rounding of ggml's type of that name. The last group of a position is
// shorter where Width is no multiple of q8Group.
//
// Keys and values lie in blocks of [KeyBlock] positions, groups in order. A group of
// keys is its codes, (elements, KeyBlock), and behind them the scales (KeyBlock):
// kernels read a block from its beginning to its end. A block of values is all
// codes, (KeyBlock, Width), and behind them all scales, (groups, KeyBlock).
//
// What is stored is off by half a step, scale/2 = max|x|/254, and float16 rounds the
// scale by another 1/2048 at most. A group with an Inf or a NaN, or with values too
// large for a float16 scale (8.3 million), is all NaN.
const q8Group = 32

// quantizeQ8 sets the codes of one group, at most q8Group elements, and returns the
// scale's float16 bits.
func quantizeQ8(codes *[q8Group]int8, x []float32) (scale uint16) {
	const infinity, nan, f16Infinity = 0xff << 23, 0x7e00, 0x7c00
	top := uint32(0)
	for _, v := range x {
		top = max(top, math.Float32bits(v)&^(1<<31)) // magnitudes order like their bits, NaN last
	}
	step := math.Float32frombits(top) / 127
	scale = dtype.F32ToF16(step)
	switch {
	case top >= infinity || scale >= f16Infinity:
		*codes = [q8Group]int8{}
		return nan
	case scale == 0:
		*codes = [q8Group]int8{}
		return 0
	}
	// Added to 1.5·2²³, a value is rounded to an integer, ties to even, and the low
	// byte is that integer.
	const round = 3 << 22
	inverse := 1 / step
	for i, v := range x {
		codes[i] = int8(math.Float32bits(float32(v*inverse) + round))
	}
	return scale
}

func groups(width int) int { return (width + q8Group - 1) / q8Group }

// putQ8 is Put for Q8_0.
func (h *Head) putQ8(p int, key, value []float32) {
	block := KeyBlock * RowBytes(h.Type, h.Width)
	keys, values := h.Keys[p/KeyBlock*block:][:block], h.Values[p/KeyBlock*block:][:block]
	lane := p % KeyBlock
	row, scales := values[lane*h.Width:][:h.Width], values[KeyBlock*h.Width:]
	var codes [q8Group]int8
	for g := range groups(h.Width) {
		lo, hi := g*q8Group, min((g+1)*q8Group, h.Width)
		scale := quantizeQ8(&codes, key[lo:hi])
		for i := range hi - lo {
			keys[i*KeyBlock+lane] = byte(codes[i])
		}
		binary.LittleEndian.PutUint16(keys[(hi-lo)*KeyBlock+2*lane:], scale)
		keys = keys[(hi-lo+2)*KeyBlock:]

		scale = quantizeQ8(&codes, value[lo:hi])
		for i := range hi - lo {
			row[lo+i] = byte(codes[i])
		}
		binary.LittleEndian.PutUint16(scales[2*(g*KeyBlock+lane):], scale)
	}
}

// scoresQ8 is the definition of scores for one row of q and one block of keys: a
// sum for each group, times its scale, added up.
func scoresQ8(dst, q []float32, keys []byte) {
	clear(dst)
	for len(q) > 0 {
		n := min(q8Group, len(q))
		for lane := range dst {
			var sum float32
			for d, v := range q[:n] {
				sum += v * float32(int8(keys[d*KeyBlock+lane]))
			}
			dst[lane] += sum * halfAt(keys[n*KeyBlock:], lane)
		}
		q, keys = q[n:], keys[(n+2)*KeyBlock:]
	}
}

// addQ8 adds Σ_{lo<=i<hi} p[r*ld+i]·value[from+i] to row r of dst (rows, Width),
// where `from` begins a block and p has whole blocks. A weight is multiplied with
// the scale first, so that the sum goes over codes. weights is scratch for rows
// times KeyBlock values.
func (h *Head) addQ8(dst, p []float32, ld, rows, from, lo, hi int, weights []float32) {
	block := KeyBlock * RowBytes(h.Type, h.Width)
	for at := lo / KeyBlock * KeyBlock; at < hi; at += KeyBlock {
		values := h.Values[(from+at)/KeyBlock*block:][:block]
		first, last := max(lo-at, 0), min(hi-at, KeyBlock)
		for c := 0; c < h.Width; c += q8Group {
			columns := min(q8Group, h.Width-c)
			scaledWeights(weights, p[at:], ld, rows, values[KeyBlock*h.Width+2*c:][:2*KeyBlock])
			done := codesVec(dst[c:], h.Width, weights, values[c:], rows, columns, first, last)
			if done == columns {
				continue
			}
			for r := range rows {
				out := dst[r*h.Width+c+done:][:columns-done]
				for i := first; i < last; i++ {
					w := weights[r*KeyBlock+i]
					for j, v := range values[i*h.Width+c+done:][:len(out)] {
						out[j] += w * float32(int8(v))
					}
				}
			}
		}
	}
}

// scaledWeights sets dst (rows, KeyBlock) to p[r*ld+i]·scale[i].
func scaledWeights(dst, p []float32, ld, rows int, scales []byte) {
	if scaledWeightsVec(dst, p, ld, rows, scales) {
		return
	}
	for i := range KeyBlock {
		scale := halfAt(scales, i)
		for r := range rows {
			dst[r*KeyBlock+i] = p[r*ld+i] * scale
		}
	}
}

// halfAt returns element i of little-endian float16s.
func halfAt(b []byte, i int) float32 { return dtype.F16ToF32(binary.LittleEndian.Uint16(b[2*i:])) }
