package checkpoint

import (
	"fmt"

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
	// BelowOne says that directories store these gains less 1.
	BelowOne bool
}

// Roles lists the tensors of a model's graph in the order of GGUF files, without the
// output head if that is the embedding. The names of the form that the checkpoint has are
// those of its tensors.
func (c *Checkpoint) Roles(tied bool) []Role {
	hf, gguf := c.src.forms()
	return roles(&c.Config, &hf, &gguf, tied)
}

// Tied reports whether the embedding is the output head, too.
func (c *Checkpoint) Tied() bool { return c.src.isTied() }

// Master reports whether the weight of a projection, if it is stored as floats, is a
// master that is made ternary while loading.
func (c *Checkpoint) Master(r *Role) bool { return c.src.master(r.HF) }

func (h *hf) isTied() bool { return h.config.tied() }

func (h *hf) master(name string) bool {
	q := h.config.Quantization
	return h.config.masters() && (q == nil || q.converts(name))
}

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

func roles(c *model.Config, hf, gguf *names, tied bool) []Role {
	all := []Role{
		{GGUF: gguf.embed, HF: hf.embed, Kind: KindVocabulary, Rows: c.VocabSize, Cols: c.Dim},
		{GGUF: gguf.outputNorm, HF: hf.outputNorm, Rows: 1, Cols: c.Dim, BelowOne: hf.gainsBelowOne},
	}
	if !tied {
		all = append(all, Role{GGUF: gguf.head, HF: hf.head, Kind: KindVocabulary, Rows: c.VocabSize, Cols: c.Dim})
	}
	for i := range c.Layers {
		g, h := fmt.Sprintf(gguf.layer, i), fmt.Sprintf(hf.layer, i)
		gain := func(there bool, inGGUF, inHF string, n int, below bool) {
			if there {
				all = append(all, Role{GGUF: g + inGGUF, HF: h + inHF, Rows: 1, Cols: n, BelowOne: below})
			}
		}
		norm := func(there bool, inGGUF, inHF string, n int) { gain(there, inGGUF, inHF, n, hf.gainsBelowOne) }
		inputs := c.SubNorms && gguf.inputNorm != ""
		projection := func(inGGUF, inHF string, out, in, heads int) {
			all = append(all, Role{GGUF: g + inGGUF, HF: h + inHF, Kind: KindProjection, Rows: out, Cols: in, Heads: heads})
		}
		withNorm := func(inGGUF, inHF string, out, in, heads int) {
			gain(inputs, inGGUF+gguf.inputNorm, inHF+hf.inputNorm, in, false)
			projection(inGGUF, inHF, out, in, heads)
		}
		norm(true, gguf.attnNorm, hf.attnNorm, c.Dim)
		withNorm(gguf.q, hf.q, c.QDim(), c.Dim, c.Heads)
		withNorm(gguf.k, hf.k, c.KVDim(), c.Dim, c.KVHeads)
		norm(c.HeadNorms, gguf.qNorm, hf.qNorm, c.HeadDim)
		norm(c.HeadNorms, gguf.kNorm, hf.kNorm, c.HeadDim)
		withNorm(gguf.v, hf.v, c.KVDim(), c.Dim, 0)
		gain(c.SubNorms, gguf.attnSubNorm, hf.attnSubNorm, c.QDim(), false)
		projection(gguf.o, hf.o, c.Dim, c.QDim(), 0)
		norm(c.PostNorms, gguf.attnPost, hf.attnPost, c.Dim)
		norm(true, gguf.ffnNorm, hf.ffnNorm, c.Dim)
		withNorm(gguf.gate, hf.gate, c.FFN, c.Dim, 0)
		withNorm(gguf.up, hf.up, c.FFN, c.Dim, 0)
		gain(c.SubNorms, gguf.ffnSubNorm, hf.ffnSubNorm, c.FFN, false)
		projection(gguf.down, hf.down, c.Dim, c.FFN, 0)
		norm(c.PostNorms, gguf.ffnPost, hf.ffnPost, c.Dim)
	}
	return all
}
