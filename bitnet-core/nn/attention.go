package nn

import "github.com/bitnet-go/bitnet/bitnet-core/dtype"

// Attend computes one query head over n cached positions:
//
//	dst = Σ_p softmax(scale · q·k[p]) · v[p]
//
// q and dst have the head's width; k and v hold at least n rows of that width, one
// after another, in elements of type d, F32 or F16. scores is scratch of at least
// n values and holds the attention weights afterwards.
func Attend(dst, q []float32, k, v []byte, d dtype.DType, scores []float32, n int, scale float32) {
	_, size := d.Block()
	stride := len(q) * size
	if d != dtype.F32 && d != dtype.F16 {
		panic("nn: Attend type")
	}
	if len(dst) != len(q) || n < 1 || len(k) < n*stride || len(v) < n*stride || len(scores) < n {
		panic("nn: Attend shape")
	}
	scores = scores[:n]
	var out [4]float32
	for p := 0; p < n; p += 4 {
		rows := min(4, n-p)
		dotRows4(&out, k[stride*p:], d, stride, rows, q)
		for i, s := range out[:rows] {
			scores[p+i] = s * scale
		}
	}
	Softmax(scores)
	weightedSum(dst, v[:n*stride], d, scores)
}
