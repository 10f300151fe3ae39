package nn

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// Elements of type Q8_0 are int8 codes, and q8Group of them that follow one another
// in a position share a float16 scale: x ≈ scale·code with scale = max|x|/127, which
// is the rounding of ggml's type of that name. The last group of a position is
// shorter where Width is no multiple of q8Group.
//
// Keys and values lie in blocks of [KeyBlock] positions, and in pairs: two codes that
// meet in one sum are neighbours, for instructions that multiply pairs. A group of
// keys is its codes, (⌈elements/2⌉, KeyBlock, 2), and behind them scales (KeyBlock):
// kernels read a block from its beginning to its end. A block of values is all codes,
// (KeyBlock/2, Width, 2) with pairs of positions, and behind them all scales,
// (groups, KeyBlock).
//
// What is stored is off by half a step, scale/2 = max|x|/254, and float16 rounds the
// scale by another 1/2048 at most. A group with an Inf or a NaN, or with values too
// large for a float16 scale (8.3 million), is all NaN.
//
// Products are of integers. What a group of codes is multiplied with, elements of a
// query or weights of positions times their scales, is rounded to int16 with a scale
// of its own ([factors]), 250 times finer than the codes. So the sums of a group are
// exact, every kernel gives the same bits, and a multiplication costs half of one in
// float32.
const q8Group = 32

// factorBytes is a group of factors: int16, and behind them their float32 scale.
const factorBytes = 2*q8Group + 4

// ones are a group of float16 scales of 1.
var ones = func() (b [2 * q8Group]byte) {
	for i := range q8Group {
		b[2*i+1] = 0x3c
	}
	return b
}()

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

func even(n int) int { return n + n&1 }

// putQ8 is Put for Q8_0.
func (h *Head) putQ8(p int, key, value []float32) {
	block := KeyBlock * PositionBytes(h.Type, h.Width)
	keys, values := h.Keys[p/KeyBlock*block:][:block], h.Values[p/KeyBlock*block:][:block]
	lane := p % KeyBlock
	row, scales := values[lane/2*2*h.Width:], values[KeyBlock*even(h.Width):]
	var codes [q8Group]int8
	for g := range groups(h.Width) {
		lo, hi := g*q8Group, min((g+1)*q8Group, h.Width)
		scale := quantizeQ8(&codes, key[lo:hi])
		for i := range hi - lo {
			keys[i/2*2*KeyBlock+2*lane+i%2] = byte(codes[i])
		}
		keys = keys[even(hi-lo)*KeyBlock:]
		binary.LittleEndian.PutUint16(keys[2*lane:], scale)
		keys = keys[2*KeyBlock:]

		scale = quantizeQ8(&codes, value[lo:hi])
		for i := range hi - lo {
			row[2*(lo+i)+lane%2] = byte(codes[i])
		}
		binary.LittleEndian.PutUint16(scales[2*(g*KeyBlock+lane):], scale)
	}
}

// factors rounds x[r*ld+i]·scale[i], i < q8Group, to int16 for every row: dst[r*stride]
// begins factorBytes bytes, of which the last are 1/32767 of the largest magnitude,
// NaN if there is one. Then what the int16 are does not matter. Scales that lie so
// many bytes ahead of these are going to be needed soon.
func factors(dst []byte, stride int, x []float32, ld, rows int, scales []byte, ahead int) {
	if factorsVec(dst, stride, x, ld, rows, scales, ahead) {
		return
	}
	for r := range rows {
		var products [q8Group]float32
		top := uint32(0)
		for i := range products {
			products[i] = x[r*ld+i] * halfAt(scales, i)
			top = max(top, math.Float32bits(products[i])&^(1<<31))
		}
		largest := math.Float32frombits(top)
		inverse := 32767 / largest
		out := dst[r*stride:][:factorBytes]
		for i, v := range products {
			code := int16(math.MinInt16) // as vectors convert what is no integer
			if v := float64(v * inverse); math.Abs(v) <= 32767.5 {
				code = int16(math.RoundToEven(v))
			}
			binary.LittleEndian.PutUint16(out[2*i:], uint16(code))
		}
		binary.LittleEndian.PutUint32(out[2*q8Group:], math.Float32bits(largest*(1.0/32767)))
	}
}

// queryFactors sets dst (rows, groups, factorBytes) to the factors of q (rows, Width).
func (h *Head) queryFactors(dst []byte, q []float32, rows int) {
	stride := groups(h.Width) * factorBytes
	whole := h.Width / q8Group
	for g := range whole {
		factors(dst[g*factorBytes:], stride, q[g*q8Group:], h.Width, rows, ones[:], 0)
	}
	if whole*q8Group == h.Width {
		return
	}
	for r := range rows {
		var last [q8Group]float32
		copy(last[:], q[r*h.Width+whole*q8Group:(r+1)*h.Width])
		factors(dst[r*stride+whole*factorBytes:], stride, last[:], q8Group, 1, ones[:], 0)
	}
}

// scoresQ8 is the definition of scores for the factors of one row and one block of
// keys: an exact sum for each group, times its scales, added up.
func scoresQ8(dst []float32, q []byte, width int, keys []byte) {
	clear(dst)
	for ; width > 0; width -= q8Group {
		n := even(min(q8Group, width))
		for lane := range dst {
			sum := int32(0)
			for d := 0; d < n; d += 2 {
				pair := keys[d*KeyBlock+2*lane:]
				sum += int32(factorAt(q, d))*int32(int8(pair[0])) + int32(factorAt(q, d+1))*int32(int8(pair[1]))
			}
			dst[lane] += float32(float32(float32(sum)*halfAt(keys[n*KeyBlock:], lane)) * factorScale(q))
		}
		q, keys = q[factorBytes:], keys[(n+2)*KeyBlock:]
	}
}

// addQ8 is weigh for values of Q8_0. Each row takes a block of positions at once,
// what it does not see with a weight of zero, so that its bits do not depend on the
// other rows. scratch is for the factors of a group of every row.
func (h *Head) addQ8(dst, p []float32, ld, rows, from int, seen func(r int) int, group int, scratch []byte) {
	block := KeyBlock * PositionBytes(h.Type, h.Width)
	ahead := 2 * block
	lo := 0 // rows before this one see nothing of the block
	for at := 0; at < seen(rows-1); at += KeyBlock {
		for seen(lo) <= at {
			lo += group
		}
		values := h.Values[(from+at)/KeyBlock*block:][:block]
		for c := 0; c < h.Width; c += q8Group {
			scales := values[KeyBlock*even(h.Width)+2*c:][:2*KeyBlock]
			r := lo
			for ; r < rows && seen(r) < at+KeyBlock; r += group {
				var some [2 * KeyBlock]byte
				copy(some[:2*(seen(r)-at)], scales)
				factors(scratch[r*factorBytes:], factorBytes, p[r*ld+at:], ld, min(group, rows-r), some[:], 0)
			}
			if r < rows {
				factors(scratch[r*factorBytes:], factorBytes, p[r*ld+at:], ld, rows-r, scales, ahead)
			}
			valuesQ8(dst[lo*h.Width+c:], h.Width, rows-lo, min(q8Group, h.Width-c), scratch[lo*factorBytes:], values[2*c:], ahead)
		}
	}
}

// valuesQ8 adds a block of values with the factors w (rows, factorBytes) to columns of
// dst (rows, width). Values that lie so many bytes ahead are going to be needed soon.
func valuesQ8(dst []float32, width, rows, columns int, w, values []byte, ahead int) {
	done := valuesQ8Vec(dst, width, rows, columns, w, values, ahead)
	if done == columns {
		return
	}
	for r := range rows {
		w := w[r*factorBytes:]
		for c := done; c < columns; c++ {
			sum := int32(0)
			for i := 0; i < KeyBlock; i += 2 {
				pair := values[i*width+2*c:]
				sum += int32(factorAt(w, i))*int32(int8(pair[0])) + int32(factorAt(w, i+1))*int32(int8(pair[1]))
			}
			dst[r*width+c] += float32(float32(sum) * factorScale(w))
		}
	}
}

func factorAt(b []byte, i int) int16 { return int16(binary.LittleEndian.Uint16(b[2*i:])) }

func factorScale(b []byte) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(b[2*q8Group:]))
}

// halfAt returns element i of little-endian float16s.
func halfAt(b []byte, i int) float32 { return dtype.F16ToF32(binary.LittleEndian.Uint16(b[2*i:])) }

// asBytes returns the memory of x.
func asBytes(x []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x))
}
