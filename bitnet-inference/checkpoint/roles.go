package checkpoint

import "github.com/bitnet-go/bitnet/bitnet-inference/model"

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
	for _, p := range c.Places(tied, &model.Weights{Layers: make([]model.Layer, c.Config.Layers)}) {
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

// Excepted reports whether the quantization_config of a directory leaves a projection out:
// floats that it is stored as are meant so.
func (c *Checkpoint) Excepted(r *Role) bool {
	h, ok := c.src.(*hf)
	return ok && h.config.Quantization != nil && !h.config.Quantization.converts(r.HF)
}

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

// forms takes names in directories from the class of the transformers library.
func (g *ggufModel) forms() (inHF, inGGUF names) {
	inHF = g.family.asHF().hf.names
	if g.naming.inputNorm != "" && g.naming.attnSubNorm != "" {
		inHF.projectionNorms()
	}
	return inHF, g.naming
}

// projectionNorms makes the norms of the output projections the sub-norms.
func (n *names) projectionNorms() {
	n.attnSubNorm, n.ffnSubNorm = n.o+n.inputNorm, n.down+n.inputNorm
}
