package checkpoint

import (
	"errors"
	"fmt"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// oneBitLLM is the reproduction of arXiv:2402.17764 by 1bitLLM, bitnet_b1_58-large,
// -xl and -3B: Llama's graph with SiLU and an RMS norm before each output projection.
// Directories hold master weights, float16 or float32, and no quantization_config:
// the model's own code makes them ternary, one scale a tensor, whenever it runs. They
// say model_type "llama", and are told by their class and by weight_bits.
//
// Its GGUF files are those of upstream llama.cpp. Files of 2B-4T exist under this
// architecture that mean relu²: they say so in bitnet.hidden_activation, or come out
// wrong in every engine.
var oneBitLLM = family{
	graph: model.Config{
		RopeTheta: 10000, NormEps: 1e-6,
		Activation: model.SiLU, SubNorms: true,
	},
	hf: hfForm{
		modelTypes: []string{"llama", "bitnet"}, // with code of its own
		only: func(h *hfConfig) bool {
			return h.WeightBits != nil || slices.Contains(h.Architectures, "BitnetForCausalLM")
		},
		names:   hfNames.subNorms("self_attn.inner_attn_ln", "mlp.ffn_layernorm"),
		settle:  oneBitLLMBits,
		masters: true,
	},
	gguf: ggufForm{
		archs:  []string{"bitnet"},
		names:  ggufNames.subNorms("attn_sub_norm", "ffn_sub_norm"),
		settle: oneBitLLMActivation,
	},
}

// oneBitLLMBits refuses widths of numbers that nobody has published. One bit, for the
// authors, is ternary.
func oneBitLLMBits(h *hfConfig, _ *model.Config) error {
	var errs []error
	if n := h.WeightBits; n != nil && *n != 1 {
		errs = append(errs, fmt.Errorf("weight_bits is %d, want 1 (ternary): other widths are not supported", *n))
	}
	if n := h.InputBits; n != nil && *n != 8 {
		errs = append(errs, fmt.Errorf("input_bits is %d, want 8: other widths are not supported", *n))
	}
	return errors.Join(errs...)
}

func oneBitLLMActivation(r *metadataReader, c *model.Config) {
	switch a := r.text("hidden_activation", ""); a {
	case "relu2", "relu_sqr":
		c.Activation = model.ReLU2
	case "", "silu":
	default:
		r.fail("hidden_activation is %q, want \"silu\" or \"relu2\"", a)
	}
}
