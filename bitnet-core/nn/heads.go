package nn

import (
	"encoding/binary"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// KeyBlock is the number of positions whose keys are stored together.
const KeyBlock = 32

// PositionBytes returns the bytes that a key or a value of a width takes in a [Head] of
// type d, scales included, and 0 for types that a Head does not have.
func PositionBytes(d dtype.DType, width int) int {
	switch d {
	case dtype.F32:
		return 4 * width
	case dtype.F16:
		return 2 * width
	case dtype.Q8_0:
		return even(width) + 2*groups(width)
	}
	return 0
}

// HeadBytes returns the lengths of Keys and Values of a [Head] of n positions. What
// is stored in blocks is stored in whole ones.
func HeadBytes(d dtype.DType, width, n int) (keys, values int64) {
	row, whole := int64(PositionBytes(d, width)), (int64(n)+KeyBlock-1)/KeyBlock*KeyBlock
	if d == dtype.Q8_0 {
		return whole * row, whole * row
	}
	return whole * row, int64(n) * row
}

// A Head is the cached keys and values of one key-value head, in little-endian
// elements of type F32 or F16 or, for half the memory of F16, Q8_0.
//
// Keys lie in blocks of [KeyBlock] positions, (⌈positions/KeyBlock⌉, Width,
// KeyBlock): element d of position p is number (p/KeyBlock·Width + d)·KeyBlock +
// p%KeyBlock. A vector then holds the same element of many keys, so that a score
// is a plain sum over d, without adding up lanes, and the same sum to the bit for
// one query and for many. Values lie in rows, (positions, Width). In Q8_0 both have
// scales between their blocks: see q8.go.
//
// A Head does not own its memory. Different positions may be put by several
// goroutines.
type Head struct {
	Width        int
	Type         dtype.DType
	Keys, Values []byte
}

// Put stores key and value of position p, each (Width), rounded to the type.
func (h *Head) Put(p int, key, value []float32) {
	if len(key) != h.Width || len(value) != h.Width || p < 0 {
		panic("nn: Head.Put shape")
	}
	if h.Type == dtype.Q8_0 {
		h.putQ8(p, key, value)
		return
	}
	_, size := h.Type.Block()
	row := h.Width * size
	keys := h.Keys[p/KeyBlock*KeyBlock*row:][:KeyBlock*row]
	lane := p % KeyBlock * size
	switch h.Type {
	case dtype.F32:
		Float32s(h.Values[p*row:(p+1)*row], value)
		for d, v := range key {
			binary.LittleEndian.PutUint32(keys[d*KeyBlock*size+lane:], math.Float32bits(v))
		}
	case dtype.F16:
		Float16s(h.Values[p*row:(p+1)*row], value)
		var some [256]byte
		for d := 0; d < h.Width; {
			n := min(len(some)/size, h.Width-d)
			Float16s(some[:n*size], key[d:d+n])
			for i := range n {
				copy(keys[(d+i)*KeyBlock*size+lane:][:size], some[i*size:])
			}
			d += n
		}
	default:
		panic("nn: Head.Put type")
	}
}

// scores sets dst[r*ld+p] = Σ_d q[r][d]·key p[d] for every row r of q (rows,
// Width) and the positions p of `blocks` blocks of keys from block `first` on.
// scratch is for the factors of q.
func (h *Head) scores(dst []float32, ld int, q []float32, rows, first, blocks int, scratch []byte) {
	block := KeyBlock * PositionBytes(h.Type, h.Width)
	keys := h.Keys[first*block : (first+blocks)*block]
	if h.Type == dtype.Q8_0 {
		h.queryFactors(scratch, q, rows)
		if scoresQ8Vec(dst, ld, scratch, rows, h.Width, keys, blocks) {
			return
		}
		for r := range rows {
			for b := range blocks {
				scoresQ8(dst[r*ld+b*KeyBlock:][:KeyBlock], scratch[r*groups(h.Width)*factorBytes:], h.Width, keys[b*block:(b+1)*block])
			}
		}
		return
	}
	if scoresVec(dst, ld, q, rows, h.Width, keys, h.Type, blocks) {
		return
	}
	for r := range rows {
		for b := range blocks {
			weightedSum(dst[r*ld+b*KeyBlock:][:KeyBlock], keys[b*block:(b+1)*block], h.Type, q[r*h.Width:(r+1)*h.Width])
		}
	}
}

// weigh adds to row r of dst (rows, Width), which is zero, Σ_{i<n(r)}
// p[r*ld+i]·value[from+i], where n(r) = n + r/group, clipped to lie within 0 and
// most. scratch is for factors of a group of every row.
func (h *Head) weigh(dst, p []float32, ld, rows, from, n, group, most int, scratch []byte) {
	clip := func(r int) int { return min(max(n+r/group, 0), most) }
	if h.Type == dtype.Q8_0 {
		h.addQ8(dst, p, ld, rows, from, clip, group, scratch)
		return
	}
	// What all rows see is added in one go, then what each token sees beyond that.
	all := clip(0)
	_, size := h.Type.Block()
	row := h.Width * size
	values := h.Values[from*row:]
	columns := valuesVec(dst, h.Width, p, ld, values, h.Type, rows, 0, all)
	if columns > 0 {
		for r := group; r < rows; r += group {
			valuesVec(dst[r*h.Width:], h.Width, p[r*ld:], ld, values, h.Type, min(group, rows-r), all, clip(r))
		}
	}
	if columns == h.Width {
		return
	}
	for r := range rows {
		out, weights := dst[r*h.Width:(r+1)*h.Width], p[r*ld:][:clip(r)]
		if columns == 0 {
			weightedSum(out, values, h.Type, weights)
		} else {
			weightedSumGeneric(out[columns:], values[columns*size:], h.Type, row, weights)
		}
	}
}
