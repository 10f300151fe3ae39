package bench

import (
	"github.com/bitnet-go/bitnet/bitnet-inference/kvcache"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// Traffic is the bytes that computing reads, by what they are.
type Traffic struct {
	Layers   int64 // of all layers' weights, packed for the kernels, and norms
	Head     int64 // of the head, or what a scan reads of its compact copy where it is screened
	Position int64 // keys and values of one token, in all layers
}

// NewTraffic counts the bytes of a model that was made of w, as it is packed at the moment:
// [Run] may have changed that.
func NewTraffic(m *transformer.Model, w *model.Weights) Traffic {
	c := m.Config()
	t := Traffic{
		Head:     int64(len(m.Head().Data)),
		Layers:   4*int64(len(w.OutputNorm)) + int64(m.TernaryBytes()),
		Position: kvcache.Shape{Layers: c.Layers, KVHeads: c.KVHeads, HeadDim: c.HeadDim, Positions: 1, Type: m.CacheType()}.Bytes(),
	}
	if s := m.Screen(); s != nil {
		t.Head = int64(s.Bytes())
	}
	for i := range w.Layers {
		l := &w.Layers[i]
		for _, p := range projections(l) {
			if p.Ternary == nil {
				t.Layers += int64(len(p.Dense.Data))
			}
		}
		t.Layers += 4 * int64(len(l.AttnNorm)+len(l.FFNNorm)+len(l.AttnSubNorm)+len(l.FFNSubNorm))
	}
	return t
}

// PerToken returns the bytes that a test has to read for each of its tokens, on
// average. In decode that is all weights and the context so far. In prefill,
// weights and context are shared by the tokens of a pass, and only the last
// token's logits take the head.
func (t Traffic) PerToken(test Test) float64 {
	if test.Prefill == 0 {
		context := float64(test.Depth) + float64(test.Decode+1)/2
		return float64(t.Layers+t.Head) + context*float64(t.Position)
	}
	total := t.Head
	for done := 0; done < test.Prefill; {
		done = min(done+transformer.MaxBatch, test.Prefill)
		total += t.Layers + int64(test.Depth+done)*t.Position
	}
	return float64(total) / float64(test.Prefill)
}

func projections(l *model.Layer) []*model.Linear {
	return []*model.Linear{&l.Q, &l.K, &l.V, &l.O, &l.Gate, &l.Up, &l.Down}
}
