package checkpoint

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// A place is where the tensor of a role goes in a model's weights, by its kind.
type place struct {
	Role
	gains  *[]float32
	matrix *nn.Matrix
	linear *model.Linear
}

// places lists the roles of a graph and where in w their tensors go. W has its layers.
func places(s source, c *model.Config, tied bool, w *model.Weights) []*place {
	hf, gguf := s.forms()
	var all []*place
	vocabulary := func(inGGUF, inHF string, to *nn.Matrix) {
		all = append(all, &place{Role: Role{GGUF: inGGUF, HF: inHF, Kind: KindVocabulary, Rows: c.VocabSize, Cols: c.Dim}, matrix: to})
	}
	gains := func(inGGUF, inHF string, n int, below bool, to *[]float32) *Role {
		p := &place{Role: Role{GGUF: inGGUF, HF: inHF, Rows: 1, Cols: n, BelowOne: below}, gains: to}
		all = append(all, p)
		return &p.Role
	}
	vocabulary(gguf.embed, hf.embed, &w.Embed)
	gains(gguf.outputNorm, hf.outputNorm, c.Dim, hf.gainsBelowOne, &w.OutputNorm)
	if !tied {
		vocabulary(gguf.head, hf.head, &w.Head)
	}
	for i := range w.Layers {
		l, g, h := &w.Layers[i], fmt.Sprintf(gguf.layer, i), fmt.Sprintf(hf.layer, i)
		norm := func(there bool, inGGUF, inHF string, n int, to *[]float32) *Role {
			if !there {
				return nil
			}
			return gains(g+inGGUF, h+inHF, n, hf.gainsBelowOne, to)
		}
		subNorm := func(inGGUF, inHF string, n int, to *[]float32) *Role {
			if !c.SubNorms {
				return nil
			}
			return gains(g+inGGUF, h+inHF, n, false, to)
		}
		projection := func(inGGUF, inHF string, out, in, heads int, before *Role, to *model.Linear) {
			all = append(all, &place{
				Role:   Role{GGUF: g + inGGUF, HF: h + inHF, Kind: KindProjection, Rows: out, Cols: in, Heads: heads, Norm: before},
				linear: to,
			})
		}
		// ofWidth is a projection of the model's width, which may have a norm of its own.
		ofWidth := func(inGGUF, inHF string, out, heads int, before *Role, to *model.Linear) {
			if gguf.inputNorm != "" {
				if own := subNorm(inGGUF+gguf.inputNorm, inHF+hf.inputNorm, c.Dim, &to.Norm); own != nil {
					before = own
				}
			}
			projection(inGGUF, inHF, out, c.Dim, heads, before, to)
		}
		input := norm(true, gguf.attnNorm, hf.attnNorm, c.Dim, &l.AttnNorm)
		ofWidth(gguf.q, hf.q, c.QDim(), c.Heads, input, &l.Q)
		ofWidth(gguf.k, hf.k, c.KVDim(), c.KVHeads, input, &l.K)
		norm(c.HeadNorms, gguf.qNorm, hf.qNorm, c.HeadDim, &l.QNorm)
		norm(c.HeadNorms, gguf.kNorm, hf.kNorm, c.HeadDim, &l.KNorm)
		ofWidth(gguf.v, hf.v, c.KVDim(), 0, input, &l.V)
		input = subNorm(gguf.attnSubNorm, hf.attnSubNorm, c.QDim(), &l.AttnSubNorm)
		projection(gguf.o, hf.o, c.Dim, c.QDim(), 0, input, &l.O)
		norm(c.PostNorms, gguf.attnPost, hf.attnPost, c.Dim, &l.AttnPostNorm)
		input = norm(true, gguf.ffnNorm, hf.ffnNorm, c.Dim, &l.FFNNorm)
		ofWidth(gguf.gate, hf.gate, c.FFN, 0, input, &l.Gate)
		ofWidth(gguf.up, hf.up, c.FFN, 0, input, &l.Up)
		input = subNorm(gguf.ffnSubNorm, hf.ffnSubNorm, c.FFN, &l.FFNSubNorm)
		projection(gguf.down, hf.down, c.Dim, c.FFN, 0, input, &l.Down)
		norm(c.PostNorms, gguf.ffnPost, hf.ffnPost, c.Dim, &l.FFNPostNorm)
	}
	return all
}

// weights reads the tensor of every role. Linear reads a projection (out, in) by its name.
func weights(s source, t *taker, c *model.Config, tied bool, linear func(name string, out, in int) model.Linear) *model.Weights {
	w := &model.Weights{Layers: make([]model.Layer, c.Layers), Forget: s.tensorFile().Forget}
	for _, p := range places(s, c, tied, w) {
		switch name := stored(s, &p.Role); p.Kind {
		case KindGains:
			*p.gains = t.vector(name + ".weight")
			if p.BelowOne && !s.isGGUF() {
				for i := range *p.gains {
					(*p.gains)[i]++
				}
			}
		case KindVocabulary:
			*p.matrix = t.stored(name + ".weight")
		case KindProjection:
			l := linear(name, p.Rows, p.Cols)
			p.linear.Ternary, p.linear.Dense = l.Ternary, l.Dense
		}
	}
	if tied {
		w.Head = w.Embed
	}
	return w
}
