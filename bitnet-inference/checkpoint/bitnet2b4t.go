package checkpoint

import "github.com/bitnet-go/bitnet/bitnet-inference/model"

// bitnet2B4T is BitNet b1.58 2B-4T (arXiv:2504.12285): Llama's graph with relu² at
// the feed-forward gate and an RMS norm before each output projection.
//
// Its GGUF files are those of bitnet.cpp; "bitnet-25" is what the first upload says.
// Upstream llama.cpp writes it as "bitnet", see [oneBitLLM].
var bitnet2B4T = family{
	graph: model.Config{
		RopeTheta: 500000, NormEps: 1e-5,
		Activation: model.ReLU2, SubNorms: true,
	},
	hf: hfForm{
		modelTypes: []string{"bitnet"},
		class:      "BitNetForCausalLM",
		names:      hfNames.subNorms("self_attn.attn_sub_norm", "mlp.ffn_sub_norm"),
	},
	gguf: ggufForm{
		archs: []string{"bitnet-b1.58", "bitnet-25"},
		names: ggufNames.subNorms("attn_sub_norm", "ffn_sub_norm"),
	},
}

// IsBitNet2B4T reports whether a graph has the sizes of BitNet b1.58 2B-4T, whatever
// activation a file says it has.
func IsBitNet2B4T(c *model.Config) bool {
	return c.SubNorms && c.Dim == 2560 && c.FFN == 6912 && c.Layers == 30 && c.Heads == 20 && c.KVHeads == 5 && c.VocabSize == 128256
}
