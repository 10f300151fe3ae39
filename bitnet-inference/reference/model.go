package reference

import (
	"context"
	"math"
	"runtime"
	"sync"

	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// A Model is a model's weights as plain numbers.
type Model struct {
	config model.Config
	embed  []float64 // (V, D)
	head   []float64 // (V, D)
	norm   []float64
	layers []layer
}

type layer struct {
	attnNorm, attnSubNorm []float64
	ffnNorm, ffnSubNorm   []float64
	qNorm, kNorm          []float64
	attnPost, ffnPost     []float64
	q, k, v, o            linear
	gate, up, down        linear
}

// New copies w, which must be valid for c, and keeps no reference to it.
func New(c model.Config, w *model.Weights) *Model {
	m := &Model{config: c, embed: float64s(&w.Embed), norm: widen(w.OutputNorm)}
	m.head = m.embed
	if &w.Head.Data[0] != &w.Embed.Data[0] {
		m.head = float64s(&w.Head)
	}
	for i := range w.Layers {
		l := &w.Layers[i]
		m.layers = append(m.layers, layer{
			attnNorm: widen(l.AttnNorm), attnSubNorm: widen(l.AttnSubNorm),
			ffnNorm: widen(l.FFNNorm), ffnSubNorm: widen(l.FFNSubNorm),
			qNorm: widen(l.QNorm), kNorm: widen(l.KNorm),
			attnPost: widen(l.AttnPostNorm), ffnPost: widen(l.FFNPostNorm),
			q: newLinear(&l.Q), k: newLinear(&l.K), v: newLinear(&l.V), o: newLinear(&l.O),
			gate: newLinear(&l.Gate), up: newLinear(&l.Up), down: newLinear(&l.Down),
		})
	}
	return m
}

// Config returns the model's shape.
func (m *Model) Config() model.Config { return m.config }

// A Sequence is the tokens seen so far with their keys and values.
type Sequence struct {
	m    *Model
	k, v [][][]float64 // [layer][position], each (G·HeadDim)
	len  int

	// Observe, if set, sees the input x of the projections of every layer, token
	// by token and from several goroutines. It is for comparing another
	// implementation step by step.
	Observe func(layer int, s Stage, token int, x []float64)
}

// A Stage names projections that share an input, in the order they are computed.
type Stage int

const (
	StageQKV Stage = iota
	StageO
	StageGateUp
	StageDown
)

// NewSequence starts an empty sequence.
func (m *Model) NewSequence() *Sequence {
	return &Sequence{m: m, k: make([][][]float64, m.config.Layers), v: make([][][]float64, m.config.Layers)}
}

// Forward appends the tokens ids and returns the logits (V) after each of them.
// Token ids must lie in the vocabulary. It stops early with ctx's error.
func (s *Sequence) Forward(ctx context.Context, ids []int32) ([][]float64, error) {
	hidden, err := s.Hidden(ctx, ids)
	if err != nil {
		return nil, err
	}
	m, c := s.m, &s.m.config
	logits := make([][]float64, len(ids))
	each(len(ids), func(t int) {
		logits[t] = make([]float64, c.VocabSize)
		for r := range logits[t] {
			logits[t][r] = dot(m.head[r*c.Dim:(r+1)*c.Dim], hidden[t])
		}
	})
	return logits, ctx.Err()
}

// Hidden is Forward up to the output norm: it returns the normed hidden state (D)
// of each token.
func (s *Sequence) Hidden(ctx context.Context, ids []int32) ([][]float64, error) {
	m, c := s.m, &s.m.config
	x := make([][]float64, len(ids)) // (T, D)
	for t, id := range ids {
		x[t] = append([]float64(nil), m.embed[int(id)*c.Dim:(int(id)+1)*c.Dim]...)
		if c.EmbedScale != 0 {
			for j := range x[t] {
				x[t][j] *= c.EmbedScale
			}
		}
	}
	for i := range m.layers {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		l, window, theta := &m.layers[i], c.WindowOf(i), c.RopeTheta
		if window > 0 {
			theta = c.SlidingTheta
		}
		q := make([][]float64, len(ids))
		k := make([][]float64, len(ids))
		v := make([][]float64, len(ids))
		each(len(ids), func(t int) {
			h := rmsNorm(x[t], l.attnNorm, c.NormEps)
			s.observe(i, StageQKV, t, h)
			q[t], k[t], v[t] = l.q.normed(h, c.NormEps), l.k.normed(h, c.NormEps), l.v.normed(h, c.NormEps)
			if c.HeadNorms {
				normHeads(q[t], l.qNorm, c.NormEps)
				normHeads(k[t], l.kNorm, c.NormEps)
			}
			rotate(q[t], s.len+t, theta, c)
			rotate(k[t], s.len+t, theta, c)
		})
		s.k[i], s.v[i] = append(s.k[i], k...), append(s.v[i], v...)
		each(len(ids), func(t int) {
			first, end := 0, s.len+t+1
			if window > 0 {
				first = max(end-window, 0)
			}
			a := attend(q[t], s.k[i][first:end], s.v[i][first:end], c)
			if c.SubNorms {
				a = rmsNorm(a, l.attnSubNorm, c.NormEps)
			}
			s.observe(i, StageO, t, a)
			a = l.o.apply(a)
			if c.PostNorms {
				a = rmsNorm(a, l.attnPost, c.NormEps)
			}
			add(x[t], a)

			h := rmsNorm(x[t], l.ffnNorm, c.NormEps)
			s.observe(i, StageGateUp, t, h)
			gate, up := l.gate.normed(h, c.NormEps), l.up.normed(h, c.NormEps)
			for j, g := range gate {
				gate[j] = activate(g, c.Activation) * up[j]
			}
			if c.SubNorms {
				gate = rmsNorm(gate, l.ffnSubNorm, c.NormEps)
			}
			s.observe(i, StageDown, t, gate)
			y := l.down.apply(gate)
			if c.PostNorms {
				y = rmsNorm(y, l.ffnPost, c.NormEps)
			}
			add(x[t], y)
		})
	}
	s.len += len(ids)
	each(len(ids), func(t int) { x[t] = rmsNorm(x[t], m.norm, c.NormEps) })
	return x, ctx.Err()
}

func (s *Sequence) observe(layer int, stage Stage, token int, x []float64) {
	if s.Observe != nil {
		s.Observe(layer, stage, token, x)
	}
}

// each runs body for every token, tokens spread over the CPUs; every token's
// arithmetic stays in one goroutine and in one order.
func each(n int, body func(t int)) {
	var wg sync.WaitGroup
	threads := min(n, runtime.GOMAXPROCS(0))
	for w := range threads {
		wg.Go(func() {
			for t := w; t < n; t += threads {
				body(t)
			}
		})
	}
	wg.Wait()
}

func rmsNorm(x, gain []float64, eps float64) []float64 {
	var sum float64
	for _, v := range x {
		sum += v * v
	}
	scale := 1 / math.Sqrt(sum/float64(len(x))+eps)
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = v * scale * gain[i]
	}
	return y
}

// normHeads norms every head of x.
func normHeads(x, gain []float64, eps float64) {
	for h := 0; h < len(x); h += len(gain) {
		copy(x[h:], rmsNorm(x[h:h+len(gain)], gain, eps))
	}
}

// rotate turns each pair of every head in x to position p.
func rotate(x []float64, p int, theta float64, c *model.Config) {
	half := c.HeadDim / 2
	for h := 0; h < len(x); h += c.HeadDim {
		for i := range half {
			a, b := h+i, h+i+half
			if c.RopeAdjacent {
				a, b = h+2*i, h+2*i+1
			}
			sin, cos := math.Sincos(float64(p) * math.Pow(theta, -2*float64(i)/float64(c.HeadDim)))
			x[a], x[b] = x[a]*cos-x[b]*sin, x[a]*sin+x[b]*cos
		}
	}
}

// attend returns the attention of all heads of q (H·HeadDim) over the positions
// in k and v; the last position is the query's own.
func attend(q []float64, k, v [][]float64, c *model.Config) []float64 {
	out := make([]float64, len(q))
	for h := range c.Heads {
		query := q[h*c.HeadDim : (h+1)*c.HeadDim]
		group := h / c.Group() * c.HeadDim
		scores := make([]float64, len(k))
		top := math.Inf(-1)
		for p := range k {
			for i, w := range query {
				scores[p] += w * k[p][group+i]
			}
			scores[p] *= c.Scale()
			top = max(top, scores[p])
		}
		var sum float64
		for p := range scores {
			scores[p] = math.Exp(scores[p] - top)
			sum += scores[p]
		}
		for p := range v {
			for i := range query {
				out[h*c.HeadDim+i] += scores[p] / sum * v[p][group+i]
			}
		}
	}
	return out
}

func activate(x float64, a model.Activation) float64 {
	switch a {
	case model.ReLU2:
		return max(x, 0) * max(x, 0)
	case model.GELUTanh:
		return x / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
	}
	return x / (1 + math.Exp(-x))
}

func add(x, y []float64) {
	for i, v := range y {
		x[i] += v
	}
}
