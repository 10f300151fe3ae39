package screen

import (
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

const (
	maxCode = 127
	// widen is what norms are multiplied with to be upper bounds: a float64 sum of
	// MaxCols squares and its root are off by a factor of less than 1 + 2^-35.
	widen = 1 + 1.0/(1<<30)
)

// encodeRow writes the codes of w, offset by 128, and returns what the bound needs.
// codes is at least as long as w; the rest of it is left as it is. It reports false
// if w holds an infinity or a NaN.
func encodeRow(codes []byte, w []float32) (row, bool) {
	var most float32
	for _, v := range w {
		if v-v != 0 {
			return row{}, false
		}
		most = max(most, float32(math.Abs(float64(v))))
	}
	scale := most / maxCode // 0 for a row of zeros and of the smallest numbers
	inverse := 0.0
	if scale > 0 {
		inverse = 1 / float64(scale)
	}
	var squares, residuals float64
	for c, v := range w {
		// The rounded scale may take the largest weight past 127.5.
		q := min(max(math.RoundToEven(float64(v)*inverse), -maxCode), maxCode)
		codes[c] = byte(int(q) + offset)
		rest := float64(v) - float64(float64(scale)*q)
		squares += float64(v) * float64(v)
		residuals += rest * rest
	}
	return row{
		scale:    scale,
		residual: above(math.Sqrt(residuals) * widen),
		norm:     above(math.Sqrt(squares) * widen),
	}, true
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
	planes []int8  // (blocks, 2, 64): hi and lo of each block
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
		at := c/blockLen*2*blockLen + c%blockLen
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
