package transcode

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// A kind is what a tensor is for, which decides what types it may take.
type kind uint8

const (
	vector kind = iota // gains of a norm
	vocab              // embedding, output head
	linear             // a projection that is ternary, or may become so
)

// A role is one tensor of the graph under its names in both formats.
type role struct {
	gguf, hf   string // without ".weight"
	kind       kind
	rows, cols int // (out, in); a vector has one row
	heads      int // of query and key projections, whose rows are permuted in llama GGUF files; else 0
}

// headRole and embedRole are the names that callers ask for.
const (
	embedName = "token_embd"
	headName  = "output"
)

// roles lists the tensors of a graph in the order of GGUF files.
func roles(c *model.Config, tied bool) []role {
	all := []role{
		{gguf: embedName, hf: "model.embed_tokens", kind: vocab, rows: c.VocabSize, cols: c.Dim},
		{gguf: "output_norm", hf: "model.norm", rows: 1, cols: c.Dim},
	}
	if !tied {
		all = append(all, role{gguf: headName, hf: "lm_head", kind: vocab, rows: c.VocabSize, cols: c.Dim})
	}
	for i := range c.Layers {
		g, h := fmt.Sprintf("blk.%d.", i), fmt.Sprintf("model.layers.%d.", i)
		gain := func(gguf, hf string, n int) {
			all = append(all, role{gguf: g + gguf, hf: h + hf, rows: 1, cols: n})
		}
		proj := func(gguf, hf string, out, in, heads int) {
			all = append(all, role{gguf: g + gguf, hf: h + hf, kind: linear, rows: out, cols: in, heads: heads})
		}
		gain("attn_norm", "input_layernorm", c.Dim)
		proj("attn_q", "self_attn.q_proj", c.QDim(), c.Dim, c.Heads)
		proj("attn_k", "self_attn.k_proj", c.KVDim(), c.Dim, c.KVHeads)
		proj("attn_v", "self_attn.v_proj", c.KVDim(), c.Dim, 0)
		if c.SubNorms {
			gain("attn_sub_norm", "self_attn.attn_sub_norm", c.QDim())
		}
		proj("attn_output", "self_attn.o_proj", c.Dim, c.QDim(), 0)
		gain("ffn_norm", "post_attention_layernorm", c.Dim)
		proj("ffn_gate", "mlp.gate_proj", c.FFN, c.Dim, 0)
		proj("ffn_up", "mlp.up_proj", c.FFN, c.Dim, 0)
		if c.SubNorms {
			gain("ffn_sub_norm", "mlp.ffn_sub_norm", c.FFN)
		}
		proj("ffn_down", "mlp.down_proj", c.Dim, c.FFN, 0)
	}
	return all
}

// A rotation says where the row of a query or key projection comes from when the
// pairs that rotary embedding turns are laid out anew. Hugging Face and the bitnet
// architectures of GGUF pair i with i+d/2 in a head of d rows; llama GGUF files pair
// 2i with 2i+1.
type rotation uint8

const (
	asIs       rotation = iota
	toAdjacent          // rows that were halves become pairs
	toHalves            // rows that were pairs become halves
)

// row returns the source row of row r, for heads of d rows.
func (p rotation) row(r, d int) int {
	head, at := r/d*d, r%d
	switch p {
	case toAdjacent:
		return head + at%2*(d/2) + at/2
	case toHalves:
		return head + at%(d/2)*2 + at/(d/2)
	}
	return r
}
