package reference

import (
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// A linear is one projection of shape (out, in).
type linear struct {
	out, in int
	codes   []int8    // ternary: -1, 0, +1; nil if dense
	scale   []float64 // ternary: one for every row
	dense   []float64 // dense: the weights
	norm    []float64 // gain of the input's own norm, or nil
}

func newLinear(l *model.Linear) linear {
	out, in := l.Shape()
	p := linear{out: out, in: in}
	if l.Norm != nil {
		p.norm = widen(l.Norm)
	}
	if l.Dense != nil {
		p.dense = float64s(l.Dense)
		return p
	}
	p.codes = make([]int8, out*in)
	p.scale = make([]float64, out)
	for r := range out {
		l.Ternary.Codes(p.codes[r*in:(r+1)*in], r)
		p.scale[r] = float64(l.Ternary.RowScale(r))
	}
	return p
}

// normed returns p·x, or what p does with the norm of x.
func (p *linear) normed(x []float64, eps float64) []float64 {
	if p.norm != nil {
		x = rmsNorm(x, p.norm, eps)
	}
	return p.apply(x)
}

// apply returns p·x for one row x. Ternary weights see x rounded to 8 bits with
// one scale for the row:
//
//	s = 127 / max(max|x|, 1e-5);  q = clamp(round(x·s), -128, 127)
//	y = (Σ w·q) · γ / s
//
// Ties round to even. Source: arXiv:2402.17764.
func (p *linear) apply(x []float64) []float64 {
	y := make([]float64, p.out)
	if p.dense != nil {
		for r := range y {
			y[r] = dot(p.dense[r*p.in:(r+1)*p.in], x)
		}
		return y
	}
	largest := 1e-5
	for _, v := range x {
		largest = max(largest, math.Abs(v))
	}
	s := 127 / largest
	q := make([]int32, len(x))
	for c, v := range x {
		q[c] = int32(min(max(math.RoundToEven(v*s), -128), 127))
	}
	for r := range y {
		var sum int32
		codes := p.codes[r*p.in : (r+1)*p.in]
		for c, v := range q[:len(codes)] { // so cut, the loop needs no bounds checks
			sum += int32(codes[c]) * v
		}
		y[r] = float64(sum) * p.scale[r] / s
	}
	return y
}

func dot(w, x []float64) float64 {
	var sum float64
	for i, v := range x[:len(w)] {
		sum += w[i] * v
	}
	return sum
}

func float64s(m *nn.Matrix) []float64 {
	all := make([]float64, 0, m.Rows*m.Cols)
	row := make([]float32, m.Cols)
	for r := range m.Rows {
		m.Row(row, r)
		all = append(all, widen(row)...)
	}
	return all
}

func widen(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}
