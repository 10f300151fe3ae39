package checkpoint

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// A Kind is what a tensor is for.
type Kind uint8

const (
	KindGains      Kind = iota // of a norm
	KindVocabulary             // embedding, output head
	KindProjection             // a matrix that is ternary, or may become so
)

// A Role is one tensor of a model's graph and what its family calls it in both forms.
type Role struct {
	GGUF, HF   string // without ".weight" behind them
	Kind       Kind
	Rows, Cols int // (out, in); gains have one row
	// Heads is how many heads the rows of a query or key projection are of, 0 for others:
	// some GGUF files have these rows in another order.
	Heads int
	// Norm is that of a projection's input, nil if it has none or the role is another.
	Norm *Role
	// BelowOne says that directories store these gains less 1.
	BelowOne bool
}

// Roles lists the tensors of a model's graph in the order of GGUF files, without the
// output head if that is the embedding. The names of the form that the checkpoint has are
// those of its tensors.
func (c *Checkpoint) Roles(tied bool) []Role {
	var all []Role
	for _, p := range places(c.src, &c.Config, tied, &model.Weights{Layers: make([]model.Layer, c.Config.Layers)}) {
		all = append(all, p.Role)
	}
	return all
}

// IsGGUF reports which form the checkpoint has.
func (c *Checkpoint) IsGGUF() bool { return c.src.isGGUF() }

// Stored returns what the checkpoint calls the tensor of a role, without ".weight" behind
// it.
func (c *Checkpoint) Stored(r *Role) string { return stored(c.src, r) }

func stored(s source, r *Role) string {
	if s.isGGUF() {
		return r.GGUF
	}
	return r.HF
}

// Tied reports whether the embedding is the output head, too.
func (c *Checkpoint) Tied() bool { return c.src.isTied() }

// Master reports whether the weight of a projection, if it is stored as floats, is a
// master that is made ternary while loading.
func (c *Checkpoint) Master(r *Role) bool { return c.src.master(r.HF) }

// ScalesDivide reports whether the weight_scale of a directory's packed weights is
// 1/mean|W|, so that it divides them.
func (c *Checkpoint) ScalesDivide() bool {
	h, ok := c.src.(*hf)
	return ok && h.divides()
}

func (h *hf) isGGUF() bool { return false }

func (h *hf) divides() bool { return h.config.Quantization != nil && h.config.Quantization.divides() }

func (h *hf) isTied() bool { return h.config.tied() }

func (h *hf) master(name string) bool {
	q := h.config.Quantization
	return h.config.masters() && (q == nil || q.converts(name))
}

func (g *ggufModel) isGGUF() bool { return true }

func (g *ggufModel) isTied() bool { return g.tied }

func (g *ggufModel) master(string) bool { return false }

// forms returns what the family calls tensors in each form.
func (h *hf) forms() (inHF, inGGUF names) {
	inGGUF = h.config.family.gguf.names
	if h.config.bitNet {
		inGGUF.projectionNorms()
	}
	return h.naming, inGGUF
}

// forms takes names in directories from the class of the transformers library, which is
// one for all graphs with sub-norms before output projections.
func (g *ggufModel) forms() (inHF, inGGUF names) {
	inHF = g.family.hf.names
	if g.family == &oneBitLLM {
		inHF = bitnet2B4T.hf.names
	}
	if g.naming.inputNorm != "" && g.naming.attnSubNorm != "" {
		inHF.projectionNorms()
	}
	return inHF, g.naming
}

// projectionNorms makes the norms of the output projections the sub-norms.
func (n *names) projectionNorms() {
	n.attnSubNorm, n.ffnSubNorm = n.o+n.inputNorm, n.down+n.inputNorm
}

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
