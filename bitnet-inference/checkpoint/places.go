package checkpoint

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// A Place is where the tensor of a role is in a model's weights: one of the three, by its
// kind.
type Place struct {
	Role
	Gains  *[]float32
	Matrix *nn.Matrix // of the vocabulary
	Linear *model.Linear
}

// Places lists the roles of a checkpoint's graph in the order of GGUF files, without the
// output head if tied, and where in w, which has its layers, the tensors are.
func (c *Checkpoint) Places(tied bool, w *model.Weights) []*Place {
	return places(c.src, &c.Config, tied, w)
}

// places is [Checkpoint.Places] for any graph.
func places(s source, c *model.Config, tied bool, w *model.Weights) []*Place {
	hf, gguf := s.forms()
	var all []*Place
	vocabulary := func(inGGUF, inHF string, to *nn.Matrix) {
		all = append(all, &Place{Role: Role{GGUF: inGGUF, HF: inHF, Kind: KindVocabulary, Rows: c.VocabSize, Cols: c.Dim}, Matrix: to})
	}
	gains := func(inGGUF, inHF string, n int, below bool, to *[]float32) *Role {
		p := &Place{Role: Role{GGUF: inGGUF, HF: inHF, Rows: 1, Cols: n, BelowOne: below}, Gains: to}
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
			all = append(all, &Place{
				Role:   Role{GGUF: g + inGGUF, HF: h + inHF, Kind: KindProjection, Rows: out, Cols: in, Heads: heads, Norm: before},
				Linear: to,
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

// weights reads the tensor of every role. Linear reads a projection.
func weights(s source, t *taker, c *model.Config, tied bool, linear func(r *Role) model.Linear) *model.Weights {
	w := &model.Weights{Layers: make([]model.Layer, c.Layers), Forget: s.tensorFile().Forget}
	for _, p := range places(s, c, tied, w) {
		switch name := stored(s, &p.Role); p.Kind {
		case KindGains:
			*p.Gains = t.vector(name + ".weight")
			if p.BelowOne && !s.isGGUF() {
				for i := range *p.Gains {
					(*p.Gains)[i]++
				}
			}
		case KindVocabulary:
			*p.Matrix = t.stored(name + ".weight")
		case KindProjection:
			l := linear(&p.Role)
			p.Linear.Ternary, p.Linear.Dense = l.Ternary, l.Dense
		}
	}
	if tied {
		w.Head = w.Embed
	}
	return w
}
