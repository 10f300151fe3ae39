package checkpoint

import (
	"fmt"

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

// weights finds the tensor of every role. Linear reads a projection by its name.
func (n *names) weights(t *taker, c *model.Config, tied bool, linear func(name string, out, in int) model.Linear) *model.Weights {
	w := &model.Weights{
		Embed:      t.vocabulary(n.embed + ".weight"),
		OutputNorm: t.vector(n.outputNorm + ".weight"),
		Layers:     make([]model.Layer, c.Layers),
	}
	w.Head = w.Embed
	if tied {
		t.ignore(n.head + ".weight") // some writers store the tied copy, too
	} else {
		w.Head = t.vocabulary(n.head + ".weight")
	}
	q, kv := c.QDim(), c.KVDim()
	for i := range w.Layers {
		l, p := &w.Layers[i], fmt.Sprintf(n.layer, i)
		l.AttnNorm = t.vector(p + n.attnNorm + ".weight")
		l.FFNNorm = t.vector(p + n.ffnNorm + ".weight")
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
		for _, name := range n.computed {
			t.ignore(p + name)
		}
	}
	return w
}
