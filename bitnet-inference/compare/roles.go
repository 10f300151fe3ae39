package compare

import (
	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// A matrix is the tensor that a model has for a role: one of ternary and dense, or
// neither if it has none.
type matrix struct {
	shape   []int
	ternary *qtensor.Tensor
	dense   *nn.Matrix          // a vector of n values is n×1
	turn    checkpoint.Rotation // where its row r of the other model is
	headDim int
}

func (m *matrix) absent() bool { return m.ternary == nil && m.dense == nil }

func (m *matrix) dims() (rows, cols int) {
	if m.ternary != nil {
		return m.ternary.Rows, m.ternary.Cols
	}
	return m.dense.Rows, m.dense.Cols
}

// kind names how the tensor is stored, "" if there is none.
func (m *matrix) kind() string {
	switch {
	case m.ternary != nil:
		return m.ternary.Layout.String()
	case m.dense != nil:
		return m.dense.Type.String()
	}
	return ""
}

func (m *matrix) data() []byte {
	if m.ternary != nil {
		return m.ternary.Data
	}
	return m.dense.Data
}

// codes sets dst (hi-lo, cols) to the weights -1, 0 and +1 of rows lo ≤ r < hi, rows
// being counted as the other model has them.
func (m *matrix) codes(dst []int8, lo, hi int) {
	if m.turn == checkpoint.AsIs {
		m.ternary.Decode(dst, lo, hi)
		return
	}
	n := m.ternary.Cols
	for r := lo; r < hi; r++ {
		at := m.turn.Row(r, m.headDim)
		m.ternary.Decode(dst[(r-lo)*n:(r-lo+1)*n], at, at+1)
	}
}

// scale returns the scale of row r of the file.
func (m *matrix) scale(r int) float32 {
	if len(m.ternary.Scale) == 1 {
		return m.ternary.Scale[0]
	}
	return m.ternary.Scale[r]
}

// values sets dst (hi-lo, cols) to the values of rows lo ≤ r < hi, rows being counted as
// codes does. Codes has room for as many codes.
func (m *matrix) values(dst []float32, codes []int8, lo, hi int) {
	if m.dense != nil {
		n := m.dense.Cols
		for r := lo; r < hi; r++ {
			m.dense.Row(dst[(r-lo)*n:(r-lo+1)*n], m.turn.Row(r, m.headDim))
		}
		return
	}
	m.codes(codes, lo, hi)
	n := m.ternary.Cols
	for r := lo; r < hi; r++ {
		s := m.scale(m.turn.Row(r, m.headDim))
		for i := (r - lo) * n; i < (r-lo+1)*n; i++ {
			dst[i] = float32(codes[i]) * s
		}
	}
}

// A pair is one role in both models.
type pair struct {
	name string
	a, b matrix
}

// pairs lists the roles that either model has, those that only B has behind the others.
func pairs(a, b *Model) []pair {
	var all []pair
	at := map[string]int{}
	tied := a.Tied() && b.Tied()
	for _, p := range a.Places(tied, a.Weights) {
		at[p.GGUF] = len(all)
		all = append(all, pair{name: p.GGUF, a: held(p)})
	}
	for _, p := range b.Places(tied, b.Weights) {
		i, ok := at[p.GGUF]
		if !ok {
			i = len(all)
			all = append(all, pair{name: p.GGUF})
		}
		all[i].b = held(p)
		if p.Heads > 0 && a.Config.HeadDim == b.Config.HeadDim {
			all[i].b.turn, all[i].b.headDim = checkpoint.Turn(b.Config.RopeAdjacent, a.Config.RopeAdjacent), b.Config.HeadDim
		}
	}
	return all
}

// held returns the tensor of a role.
func held(p *checkpoint.Place) matrix {
	switch p.Kind {
	case checkpoint.KindVocabulary:
		return matrix{shape: []int{p.Matrix.Rows, p.Matrix.Cols}, dense: p.Matrix}
	case checkpoint.KindProjection:
		out, in := p.Linear.Shape()
		return matrix{shape: []int{out, in}, ternary: p.Linear.Ternary, dense: p.Linear.Dense}
	}
	v := *p.Gains
	return matrix{shape: []int{len(v)}, dense: &nn.Matrix{Rows: len(v), Cols: 1, Type: dtype.F32, Data: convert.Bytes(v)}}
}
