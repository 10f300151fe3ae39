package checkpoint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// names are the names of a model's tensors by role, without ".weight" behind them. A
// role that a family does not have is "".
type names struct {
	embed, outputNorm, head string

	layer                   string // stands before the following; %d is the layer's number
	attnNorm, ffnNorm       string
	attnSubNorm, ffnSubNorm string
	q, k, v, o              string
	gate, up, down          string

	qNorm, kNorm      string // of each head
	attnPost, ffnPost string
	gainsBelowOne     bool   // gains of norms are stored less 1, but for those of the next
	inputNorm         string // follows the name of a projection whose own norm it is

	computed []string // of each layer, in full: stored by some writers, not read
}

// hfNames are the names that the transformers library gives the Llama graph.
var hfNames = names{
	embed: "model.embed_tokens", outputNorm: "model.norm", head: "lm_head",
	layer:    "model.layers.%d.",
	attnNorm: "input_layernorm", ffnNorm: "post_attention_layernorm",
	q: "self_attn.q_proj", k: "self_attn.k_proj", v: "self_attn.v_proj", o: "self_attn.o_proj",
	gate: "mlp.gate_proj", up: "mlp.up_proj", down: "mlp.down_proj",
	computed: []string{"self_attn.rotary_emb.inv_freq"}, // from rope_theta
}

// ggufNames are those of GGUF files.
var ggufNames = names{
	embed: "token_embd", outputNorm: "output_norm", head: "output",
	layer:    "blk.%d.",
	attnNorm: "attn_norm", ffnNorm: "ffn_norm",
	q: "attn_q", k: "attn_k", v: "attn_v", o: "attn_output",
	gate: "ffn_gate", up: "ffn_up", down: "ffn_down",
}

// subNorms returns n with names for the norms before the output projections of
// attention and feed-forward.
func (n names) subNorms(attn, ffn string) names {
	n.attnSubNorm, n.ffnSubNorm = attn, ffn
	return n
}

// in returns n as the tensors' names are: without "model." in front of them where the
// model was saved without an output head.
func (n names) in(tensors []string) names {
	const prefix = "model."
	if !slices.Contains(tensors, n.embed+".weight") && slices.Contains(tensors, strings.TrimPrefix(n.embed, prefix)+".weight") {
		for _, name := range []*string{&n.embed, &n.outputNorm, &n.layer} {
			*name = strings.TrimPrefix(*name, prefix)
		}
	}
	return n
}

// findInputNorms reports whether the projections have norms of their inputs, as the
// BitNet embedding models have. Those before the output projections are sub-norms.
func (n *names) findInputNorms(c *model.Config, tensors []string) bool {
	if n.inputNorm == "" || !slices.Contains(tensors, fmt.Sprintf(n.layer, 0)+n.o+n.inputNorm+".weight") {
		return false
	}
	n.projectionNorms()
	c.SubNorms = true
	return true
}

// weights finds the tensor of every role. Linear reads a projection by its name.
func (n *names) weights(t *taker, c *model.Config, tied bool, linear func(name string, out, in int) model.Linear) *model.Weights {
	w := &model.Weights{
		Embed:      t.stored(n.embed + ".weight"),
		OutputNorm: n.gains(t, n.outputNorm),
		Layers:     make([]model.Layer, c.Layers),
	}
	w.Head = w.Embed
	if tied {
		t.ignore(n.head + ".weight") // some writers store the tied copy, too
	} else {
		w.Head = t.stored(n.head + ".weight")
	}
	q, kv := c.QDim(), c.KVDim()
	for i := range w.Layers {
		l, p := &w.Layers[i], fmt.Sprintf(n.layer, i)
		l.AttnNorm = n.gains(t, p+n.attnNorm)
		l.FFNNorm = n.gains(t, p+n.ffnNorm)
		if c.HeadNorms {
			l.QNorm, l.KNorm = n.gains(t, p+n.qNorm), n.gains(t, p+n.kNorm)
		}
		if c.PostNorms {
			l.AttnPostNorm, l.FFNPostNorm = n.gains(t, p+n.attnPost), n.gains(t, p+n.ffnPost)
		}
		if c.SubNorms {
			l.AttnSubNorm = t.vector(p + n.attnSubNorm + ".weight")
			l.FFNSubNorm = t.vector(p + n.ffnSubNorm + ".weight")
		}
		l.Q = linear(p+n.q, q, c.Dim)
		l.K = linear(p+n.k, kv, c.Dim)
		l.V = linear(p+n.v, kv, c.Dim)
		l.O = linear(p+n.o, c.Dim, q)
		l.Gate = linear(p+n.gate, c.FFN, c.Dim)
		l.Up = linear(p+n.up, c.FFN, c.Dim)
		l.Down = linear(p+n.down, c.Dim, c.FFN)
		if c.SubNorms && n.inputNorm != "" {
			for projection, to := range map[string]*model.Linear{n.q: &l.Q, n.k: &l.K, n.v: &l.V, n.gate: &l.Gate, n.up: &l.Up} {
				to.Norm = t.vector(p + projection + n.inputNorm + ".weight")
			}
		}
		for _, name := range n.computed {
			t.ignore(p + name)
		}
	}
	return w
}

// gains reads the gains of a norm.
func (n *names) gains(t *taker, name string) []float32 {
	v := t.vector(name + ".weight")
	if n.gainsBelowOne {
		for i := range v {
			v[i]++
		}
	}
	return v
}
