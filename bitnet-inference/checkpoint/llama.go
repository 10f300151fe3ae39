package checkpoint

import "github.com/bitnet-go/bitnet/bitnet-inference/model"

// llama is Llama's graph, with SiLU and without sub-norms, as many ternary models
// have it:
//
//   - Llama3-8B-1.58, Falcon3-1.58bit and Falcon-E are packed, with a
//     quantization_config of class bitlinear: weight_scale divides.
//   - TriLM (Spectra, arXiv:2407.12327) are float16 numbers -s, 0 and s, where s is one
//     number for each part of a tensor that one device had in training. Its
//     activations are not rounded, so it runs as what it is, a dense model.
//   - ordinary dense models.
var llama = family{
	graph: model.Config{
		RopeTheta: 10000, NormEps: 1e-6,
		Activation: model.SiLU,
	},
	hf: hfForm{
		modelTypes: []string{"llama"},
		class:      "LlamaForCausalLM",
		names:      hfNames,
	},
	gguf: ggufForm{
		archs:    []string{"llama"},
		names:    ggufNames,
		adjacent: true,
	},
}
