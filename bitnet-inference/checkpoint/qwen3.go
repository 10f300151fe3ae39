package checkpoint

import (
	"encoding/json"
	"errors"

	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// qwen3 is Qwen 3: Llama's graph with norms of each head of queries and keys, and heads
// whose width is a number of its own.
//
// BitNet-embedding-0.6B is this graph with ternary weights, held as floats, and one more
// norm before every projection. Its tensors say so: config.json does not.
var qwen3 = family{
	graph: model.Config{
		RopeTheta: 10000, NormEps: 1e-6,
		Activation: model.SiLU, HeadNorms: true,
	},
	hf: hfForm{
		modelTypes: []string{"qwen3"},
		class:      "Qwen3ForCausalLM",
		names:      hfNames.headNorms("self_attn.q_norm", "self_attn.k_norm").inputNorms(".norm"),
		settle:     qwen3Window,
	},
	gguf: ggufForm{
		archs:  []string{"qwen3"},
		names:  ggufNames.headNorms("attn_q_norm", "attn_k_norm").inputNorms("_norm_in"),
		settle: ggufEmbedding,
	},
}

// headNorms returns n with names for the norms of heads.
func (n names) headNorms(q, k string) names {
	n.qNorm, n.kNorm = q, k
	return n
}

// inputNorms returns n with what follows the name of a projection for its own norm.
func (n names) inputNorms(suffix string) names {
	n.inputNorm = suffix
	return n
}

func qwen3Window(h *hfConfig, _ *model.Config) error {
	var keys struct {
		Sliding bool `json:"use_sliding_window"`
	}
	if err := json.Unmarshal(h.raw, &keys); err != nil {
		return err
	}
	if keys.Sliding {
		return errors.New("use_sliding_window is true: sliding windows of this family are not supported")
	}
	return nil
}

// ggufEmbedding finds the norms that the BitNet embedding models have.
func ggufEmbedding(r *metadataReader, c *model.Config) {
	r.file.naming.findInputNorms(c, r.file.names())
}
