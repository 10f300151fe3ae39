package compare

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// A matrix is the tensor that a model has for a role: one of ternary and dense, or
// neither if it has none.
type matrix struct {
	shape   []int
	ternary *qtensor.Tensor
	dense   *nn.Matrix // a vector of n values is n×1
	turn    rotation   // where its row r of the other model is
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
	if m.turn == asIs {
		m.ternary.Decode(dst, lo, hi)
		return
	}
	n := m.ternary.Cols
	for r := lo; r < hi; r++ {
		at := m.turn.row(r, m.headDim)
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
			m.dense.Row(dst[(r-lo)*n:(r-lo+1)*n], m.turn.row(r, m.headDim))
		}
		return
	}
	m.codes(codes, lo, hi)
	n := m.ternary.Cols
	for r := lo; r < hi; r++ {
		s := m.scale(m.turn.row(r, m.headDim))
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

// pairs lists the roles that either model has. Those of layers that only one has are
// among them.
func pairs(a, b *Model) []pair {
	l := &lister{ca: &a.Config, cb: &b.Config}
	l.dense("token_embd", &a.Weights.Embed, &b.Weights.Embed)
	if !a.Tied() || !b.Tied() {
		l.dense("output", &a.Weights.Head, &b.Weights.Head)
	}
	l.vector("output_norm", a.Weights.OutputNorm, b.Weights.OutputNorm)
	for i := range max(len(a.Weights.Layers), len(b.Weights.Layers)) {
		var p, q model.Layer
		if i < len(a.Weights.Layers) {
			p = a.Weights.Layers[i]
		}
		if i < len(b.Weights.Layers) {
			q = b.Weights.Layers[i]
		}
		l.layer(fmt.Sprintf("blk.%d.", i), &p, &q)
	}
	return l.all
}

type lister struct {
	ca, cb *model.Config
	all    []pair
}

func (l *lister) layer(p string, a, b *model.Layer) {
	l.vector(p+"attn_norm", a.AttnNorm, b.AttnNorm)
	l.linear(p+"attn_q", &a.Q, &b.Q)
	l.turn()
	l.linear(p+"attn_k", &a.K, &b.K)
	l.turn()
	l.linear(p+"attn_v", &a.V, &b.V)
	if l.vector(p+"attn_q_norm", a.QNorm, b.QNorm) {
		l.turn()
	}
	if l.vector(p+"attn_k_norm", a.KNorm, b.KNorm) {
		l.turn()
	}
	attnSub, ffnSub := "attn_sub_norm", "ffn_sub_norm"
	if a.Q.Norm != nil || b.Q.Norm != nil {
		attnSub, ffnSub = "attn_output_norm_in", "ffn_down_norm_in" // each projection has a norm, called after it
	}
	l.vector(p+attnSub, a.AttnSubNorm, b.AttnSubNorm)
	l.linear(p+"attn_output", &a.O, &b.O)
	l.vector(p+"post_attention_norm", a.AttnPostNorm, b.AttnPostNorm)
	l.vector(p+"ffn_norm", a.FFNNorm, b.FFNNorm)
	l.linear(p+"ffn_gate", &a.Gate, &b.Gate)
	l.linear(p+"ffn_up", &a.Up, &b.Up)
	l.vector(p+ffnSub, a.FFNSubNorm, b.FFNSubNorm)
	l.linear(p+"ffn_down", &a.Down, &b.Down)
	l.vector(p+"post_ffw_norm", a.FFNPostNorm, b.FFNPostNorm)
	for _, n := range []struct {
		name string
		a, b *model.Linear
	}{{"attn_q", &a.Q, &b.Q}, {"attn_k", &a.K, &b.K}, {"attn_v", &a.V, &b.V}, {"ffn_gate", &a.Gate, &b.Gate}, {"ffn_up", &a.Up, &b.Up}} {
		l.vector(p+n.name+"_norm_in", n.a.Norm, n.b.Norm)
	}
}

func (l *lister) dense(name string, a, b *nn.Matrix) {
	l.all = append(l.all, pair{name, ofDense(a), ofDense(b)})
}

// vector adds gains if either model has them, and reports whether that is so.
func (l *lister) vector(name string, a, b []float32) bool {
	if a == nil && b == nil {
		return false
	}
	l.all = append(l.all, pair{name, ofVector(a), ofVector(b)})
	return true
}

func (l *lister) linear(name string, a, b *model.Linear) {
	l.all = append(l.all, pair{name, ofLinear(a), ofLinear(b)})
}

// turn makes B's rows of the pair added last be found where the rotary embedding has
// the same pairs as in A, if both have the same heads.
func (l *lister) turn() {
	a, b := l.ca, l.cb
	if a.RopeAdjacent == b.RopeAdjacent || a.HeadDim != b.HeadDim {
		return
	}
	m := &l.all[len(l.all)-1].b
	m.turn, m.headDim = toHalves, a.HeadDim
	if a.RopeAdjacent {
		m.turn = toAdjacent
	}
}

func ofDense(m *nn.Matrix) matrix { return matrix{shape: []int{m.Rows, m.Cols}, dense: m} }

func ofVector(v []float32) matrix {
	if v == nil {
		return matrix{}
	}
	return matrix{shape: []int{len(v)}, dense: &nn.Matrix{Rows: len(v), Cols: 1, Type: dtype.F32, Data: convert.Bytes(v)}}
}

func ofLinear(l *model.Linear) matrix {
	out, in := l.Shape()
	if out == 0 {
		return matrix{}
	}
	return matrix{shape: []int{out, in}, ternary: l.Ternary, dense: l.Dense}
}

// A rotation says where a row of the one model's query or key projection is in the
// other's. Rotary embedding turns the pairs (i, i+d/2) of a head of d rows, or, in
// llama GGUF files, (2i, 2i+1).
type rotation uint8

const (
	asIs       rotation = iota
	toAdjacent          // the rows asked for are in pairs, those of the file in halves
	toHalves            // the other way round
)

func (p rotation) row(r, d int) int {
	switch p {
	case toAdjacent:
		at := r % d
		return r - at + at%2*(d/2) + at/2
	case toHalves:
		at := r % d
		return r - at + at%(d/2)*2 + at/(d/2)
	}
	return r
}
