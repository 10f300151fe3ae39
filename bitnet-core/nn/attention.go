package nn

import (
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// Attend computes one query head over n cached positions:
//
//	dst = Σ_p softmax(scale · q·k[p]) · v[p]
//
// q and dst have the head's width; k and v hold n rows of that width, one after
// another. scores is scratch of at least n values and holds the attention
// weights afterwards.
func Attend(dst, q, k, v, scores []float32, n int, scale float32) {
	width := len(q)
	if len(dst) != width || n < 1 || len(k) < n*width || len(v) < n*width || len(scores) < n {
		panic("nn: Attend shape")
	}
	scores = scores[:n]
	keys := float32Bytes(k)
	var out [4]float32
	for p := 0; p < n; p += 4 {
		rows := min(4, n-p)
		dotRows4(&out, keys[4*width*p:], dtype.F32, 4*width, rows, q)
		for i, s := range out[:rows] {
			scores[p+i] = s * scale
		}
	}
	Softmax(scores)
	weightedSum(dst, v, width, scores)
}

// Softmax sets x = exp(x) / Σ exp(x) in place. The largest value is subtracted
// first, so that nothing overflows.
func Softmax(x []float32) {
	if len(x) == 0 {
		return
	}
	top := x[0]
	for _, v := range x {
		top = max(top, v)
	}
	var sum float64
	for i, v := range x {
		e := math.Exp(float64(v - top))
		x[i] = float32(e)
		sum += e
	}
	inv := float32(1 / sum)
	for i := range x {
		x[i] *= inv
	}
}
