package screen

import (
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
)

const (
	maxCode = 127
	offset  = 128 // of codes of 8 bits as bytes
	// The middle of the four codes u = Q + 128 with the upper bits C is 4·C + 1.5: twice
	// the middle of their Q is 8·C - coarseOffset.
	coarseOffset = 2*offset - 3
	// widen is what norms are multiplied with to be upper bounds: a float64 sum of
	// MaxCols squares and its root are off by a factor of less than 1 + 2^-35.
	widen = 1 + 1.0/(1<<30)
)

// decodeRow decodes row r of m to the front of w and returns the largest magnitude:
// infinite or NaN if the row holds such a number.
func decodeRow(w []float32, m *nn.Matrix, r int) float32 {
	size := elementSize(m.Type)
	data := m.Data[r*m.Cols*size : (r+1)*m.Cols*size]
	var most uint32
	c := 0
	if fn := kernels.decode(m.Type); fn != nil {
		if c = m.Cols / decodeStep * decodeStep; c > 0 {
			most = fn(&w[0], &data[0], c)
		}
	}
	if err := dtype.Float32s(w[c:m.Cols], data[c*size:], m.Type); err != nil {
		panic("screen: type of the head")
	}
	for _, v := range w[c:m.Cols] {
		most = max(most, math.Float32bits(v)&^(1<<31))
	}
	return math.Float32frombits(most)
}

// What the bound needs of a row w with scale a, 8-bit codes Q + 128 and coarse codes C.
type constants struct {
	scale    float32
	residual float32 // at least ‖w - a·Q‖
	coarse   float32 // at least ‖w - a/2·(8·C - 253)‖
	norm     float32 // at least ‖w‖
}

// encodeRow writes a row of both planes. It is w[:cols]; the rest of w up to a whole
// number of blocks is zero. The largest magnitude in w is most, which is finite. A kernel
// may prefetch two bytes for each column from next.
func encodeRow(coarse, fine []byte, w []float32, cols int, most float32, next *byte) constants {
	scale := most / maxCode // 0 for a row of zeros and of the smallest numbers
	if kernels.encode != nil && scale >= minFastScale {
		return encodeFast(coarse, fine, w, cols, scale, next)
	}
	inverse := 0.0
	if scale > 0 {
		inverse = 1 / float64(scale)
	}
	var squares, rests, middles float64
	var codes [blockLen]byte
	for c, v := range w {
		// A scale below the normal numbers may take the largest weight past 127.5.
		q := min(max(math.RoundToEven(float64(v)*inverse), -maxCode), maxCode)
		code := byte(int(q) + offset)
		if codes[c%blockLen] = code; (c+1)%blockLen == 0 {
			b := c / blockLen
			pack((*[coarseBlock]byte)(coarse[b*coarseBlock:]), (*[fineBlock]byte)(fine[b*fineBlock:]), &codes)
		}
		if c >= cols {
			continue
		}
		rest := float64(v) - float64(float64(scale)*q)
		far := float64(v) - float64(float64(scale)/2*float64(8*int(code>>2)-coarseOffset))
		squares += float64(v) * float64(v)
		rests += rest * rest
		middles += far * far
	}
	norm := func(sum float64) float32 { return above(math.Sqrt(sum) * widen) }
	return constants{scale, norm(rests), norm(middles), norm(squares)}
}

// minFastScale keeps the scale and its inverse among the normal numbers.
const minFastScale = 1.0 / (1 << 120)

// encodeFast is encodeRow by a float32 kernel, with slightly larger norms.
//
// In units of the scale a a weight w is v = w·(1/a) to within 2·127.01·2^-24, two
// roundings, and Q lies next to v. v - Q is exact. The middle of the four Q with the same
// coarse code is m = Q - t with t one of ±0.5 and ±1.5, and v - m = (v - Q) + t is rounded
// once and at most 2, another 2^-24. So ‖w/a‖, ‖w/a - Q‖ and ‖w/a - m‖ are ‖v‖, ‖v - Q‖ and
// ‖v - m‖ to within √D·255.02·2^-24 < √D·2^-16. A square meets at most D/16 + 2 roundings in
// its sum, of a relative size of 2^-24, less than 2^-11 together for D ≤ MaxCols. A column of
// padding has v = Q = 0 and adds 1.5² to the last sum, exactly, which is taken off.
func encodeFast(coarse, fine []byte, w []float32, cols int, scale float32, next *byte) constants {
	var sums [3][8]float32
	kernels.encode(&coarse[0], &fine[0], &w[0], len(w)/blockLen, 1/scale, &sums, next)
	off := math.Sqrt(float64(cols)) / (1 << 16)
	norm := func(parts *[8]float32, padding float64) float32 {
		var sum float64
		for _, p := range parts {
			sum += float64(p)
		}
		return above(float64(scale) * (math.Sqrt(max(sum*(1+1.0/(1<<11))-padding, 0)) + off) * widen)
	}
	return constants{scale, norm(&sums[1], 0), norm(&sums[2], 2.25*float64(len(w)-cols)), norm(&sums[0], 0)}
}

// above returns the smallest float32 that is not below v.
func above(v float64) float32 {
	f := float32(v)
	if float64(f) < v {
		f = math.Nextafter32(f, float32(math.Inf(1)))
	}
	return f
}

// maxStep is the largest magnitude of g: with it, hi and lo fit 8 bits each.
const maxStep = 127 << 8

// A query is a hidden state in 16-bit steps.
type query struct {
	planes []int8  // (blocks, 2, 256): hi and lo of each block
	scale  float64 // of a step; a float32
	sum    int64   // Σ g
	norm   float64 // at least ‖x‖
	rest   float64 // at least ‖x - scale·g‖
}

// set quantizes x. It reports false if x holds an infinity or a NaN.
func (q *query) set(x []float32) bool {
	var most float32
	for _, v := range x {
		if v-v != 0 {
			return false
		}
		most = max(most, float32(math.Abs(float64(v))))
	}
	scale := float64(most / maxStep)
	inverse := 0.0
	if scale > 0 {
		inverse = 1 / scale
	}
	var sum int64
	var squares, rests float64
	for c, v := range x {
		step := min(max(math.RoundToEven(float64(v)*inverse), -maxStep), maxStep)
		g := int32(step)
		lo := int8(g) // the low byte, as a signed number
		at := c + c/blockLen*blockLen
		q.planes[at], q.planes[at+blockLen] = int8((g-int32(lo))>>8), lo
		sum += int64(g)
		rest := float64(v) - float64(scale*step)
		squares += float64(v) * float64(v)
		rests += rest * rest
	}
	q.scale, q.sum = scale, sum
	q.norm, q.rest = math.Sqrt(squares)*widen, math.Sqrt(rests)*widen
	return true
}

// elementSize returns the bytes of a weight, 0 for types that heads do not have.
func elementSize(d dtype.DType) int {
	switch d {
	case dtype.F32:
		return 4
	case dtype.F16, dtype.BF16:
		return 2
	}
	return 0
}
