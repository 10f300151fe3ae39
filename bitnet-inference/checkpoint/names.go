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

// The embedding and the output head in GGUF files.
const (
	GGUFEmbedding = "token_embd"
	GGUFHead      = "output"
)

// ggufNames are those of GGUF files.
var ggufNames = names{
	embed: GGUFEmbedding, outputNorm: "output_norm", head: GGUFHead,
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
