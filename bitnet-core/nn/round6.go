package nn

import (
	"encoding/binary"
	"math"
)

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

// tries are the codes, tried in this order, that the largest weight may get.
var tries = func() (f [19]float32) {
	for i, step := range []float32{0, -9, -8, -7, -6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7, 8, 9} {
		f[i] = -(32 + float32(0.1*step))
	}
	return f
}()

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
	for i, f := range tries {
		if xl, ll := g.try(f / most); ll > 0 && (i == 0 || xl*xl > best*ll) {
			scale = xl / ll
			best = scale * xl
		}
	}
	return scale
}

// fitScales sets scales to those of the groups of x.
func fitScales(scales *[16]float32, x *[q6Weights]float32) {
	if fitScalesVec(scales, x) {
		return
	}
	for i := range scales {
		scales[i] = fitScale(x[16*i : 16*i+16])
	}
}

// codes6 sets codes to 32 plus the codes of x, 32 where the step of a group is 0.
func codes6(codes *[q6Weights]byte, x *[q6Weights]float32, steps *[16]float32) {
	if codes6Vec(codes, x, steps) {
		return
	}
	for i, v := range x {
		code := float32(0)
		if step := steps[i/16]; step != 0 {
			code = code6(v / step)
		}
		codes[i] = byte(int(code) + 32)
	}
}

// transpose16 makes columns of the rows of x, a matrix of 16 by 16.
func transpose16(dst, x *[q6Weights]float32) {
	for r := range 16 {
		row := (*[16]float32)(x[16*r:])
		for c, v := range row {
			dst[16*c+r] = v
		}
	}
}

func allFinite(x *[q6Weights]float32) bool {
	var top uint32 // magnitudes are ordered as their bits are
	for _, v := range x {
		top = max(top, math.Float32bits(v)&0x7fffffff)
	}
	return top < 0x7f800000
}

func roundQ6(block []byte, src []float32) bool {
	x := (*[q6Weights]float32)(src)
	if !allFinite(x) {
		return false
	}
	var scales, steps [16]float32
	fitScales(&scales, x)
	clear(block)
	most, finite := extreme(scales[:])
	if max(most, -most) < tiny && finite {
		return true
	}
	inverse := -128 / most
	ok := putScale(block[q6Scale:], 1/inverse) && finite
	d := float16At(block[q6Scale:])
	for i := range steps {
		s := min(max(nearest(float32(inverse*scales[i])), -128), 127)
		block[q6Scales+i] = byte(int8(s))
		steps[i] = d * s
	}
	var codes [q6Weights]byte
	codes6(&codes, x, &steps)
	packQ6(block, &codes)
	return ok
}

// packQ6 stores codes of six bits: the lower four of weights 128h+32k+i, k < 4, in byte
// 64h+32(k%2)+i, in its upper half if k > 1, the upper two in bits 2k of byte 32h+i of
// the second part.
func packQ6(block []byte, codes *[q6Weights]byte) {
	const low, high = 0x0f0f0f0f0f0f0f0f, 0x0303030303030303
	for at := 0; at < q6Weights/4; at += 8 {
		half, i := at/32, at%32
		var c [4]uint64
		for k := range c {
			c[k] = binary.LittleEndian.Uint64(codes[128*half+32*k+i:])
		}
		binary.LittleEndian.PutUint64(block[64*half+i:], c[0]&low|c[2]&low<<4)
		binary.LittleEndian.PutUint64(block[64*half+32+i:], c[1]&low|c[3]&low<<4)
		binary.LittleEndian.PutUint64(block[q6High+32*half+i:], c[0]>>4&high|c[1]>>4&high<<2|c[2]>>4&high<<4|c[3]>>4&high<<6)
	}
}
