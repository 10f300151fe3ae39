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
	case dtype.F16:
		Float16s(row, src)
		for i, v := range src {
			ok = ok && v-v == 0 && binary.LittleEndian.Uint16(row[2*i:])&0x7c00 != 0x7c00
		}
	case dtype.BF16:
		for i, v := range src {
			b := dtype.F32ToBF16(v)
			ok = ok && b&0x7f80 != 0x7f80
			binary.LittleEndian.PutUint16(row[2*i:], b)
		}
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

func roundQ8(block []byte, x []float32) bool {
	most, finite := extreme(x)
	d := float32(math.Abs(float64(most))) / 127
	id := inverse(d)
	for i, v := range x {
		scaled := float32(v * id)
		block[2+i] = byte(int8(min(max(scaled+float32(math.Copysign(0.5, float64(scaled))), -127), 127)))
	}
	return putScale(block, d) && finite
}

func roundQ4(block []byte, x []float32) bool {
	most, finite := extreme(x)
	d := most / -8
	id := inverse(d)
	code := func(v float32) byte { return byte(int(min(max(float32(v*id)+8.5, 0), 15))) }
	for i := range 16 {
		block[2+i] = code(x[i]) | code(x[16+i])<<4
	}
	return putScale(block, d) && finite
}

// tiny is a scale below which weights count as zero.
const tiny = 1e-15

// nearest rounds a value of less than 2^22 to an integer, ties to even.
func nearest(v float32) float32 {
	const shift = 3 << 22 // floats from there on are integers
	return float32(v+shift) - shift
}

// code6 rounds a value to a code of Q6_K.
func code6(v float32) float32 {
	// The built-in min and max look for NaN, too, which takes several times as long.
	code := nearest(v)
	if code > 31 {
		return 31
	}
	if code < -32 {
		return -32
	}
	return code
}

// A group is 16 weights that share a scale, with their powers.
type group struct{ x, squares, cubes [16]float32 }

// try returns Σ w³·code and Σ w²·code² for the codes of w·inverse: their ratio is the
// scale with the least error for these codes.
func (g *group) try(inverse float32) (xl, ll float32) {
	for i := range g.x {
		code := code6(float32(inverse * g.x[i]))
		xl += float32(g.cubes[i] * code)
		ll += float32(g.squares[i] * code * code)
	}
	return xl, ll
}

// fitScale returns the scale s for which codes in -32..31 represent the 16 values of x
// best, with the weight of each error being x².
func fitScale(x []float32) float32 {
	most, _ := extreme(x)
	if max(most, -most) < tiny {
		return 0
	}
	var g group
	for i, v := range x[:16] {
		g.x[i], g.squares[i] = v, v*v
		g.cubes[i] = g.squares[i] * v
	}
	var best, scale float32
	if xl, ll := g.try(-32 / most); ll > 0 {
		scale = xl / ll
		best = scale * xl
	}
	for step := -9; step <= 9; step++ {
		if step == 0 {
			continue
		}
		if xl, ll := g.try(-(32 + 0.1*float32(step)) / most); ll > 0 && xl*xl > best*ll {
			scale = xl / ll
			best = scale * xl
		}
	}
	return scale
}

func roundQ6(block []byte, x []float32) bool {
	var scales [16]float32
	_, finite := extreme(x)
	if !finite {
		return false
	}
	for i := range scales {
		scales[i] = fitScale(x[16*i : 16*i+16])
	}
	clear(block)
	most, finite := extreme(scales[:])
	if max(most, -most) < tiny && finite {
		return true
	}
	steps := -128 / most
	ok := putScale(block[q6Scale:], 1/steps) && finite
	d := float16At(block[q6Scale:])
	for at := range q6Weights {
		s := min(max(nearest(float32(steps*scales[at/16])), -128), 127)
		block[q6Scales+at/16] = byte(int8(s))
		code := float32(0)
		if d*s != 0 {
			code = code6(x[at] / (d * s))
		}
		half, k, i := at/128, at/32%4, at%32
		stored := byte(int(code) + 32)
		block[64*half+32*(k%2)+i] |= stored & 15 << (k / 2 * 4)
		block[q6High+32*half+i] |= stored >> 4 << (2 * k)
	}
	return ok
}
