package checkpoint

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// goodConfig is a small config.json.
func goodConfig() map[string]any {
	return map[string]any{
		"model_type": "bitnet", "architectures": []string{"BitNetForCausalLM"},
		"hidden_size": 256, "intermediate_size": 640, "num_hidden_layers": 3,
		"num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 600,
		"max_position_embeddings": 512, "hidden_act": "relu2", "rms_norm_eps": 1e-5,
		"rope_theta": 1e4, "tie_word_embeddings": true, "bos_token_id": 1, "eos_token_id": []int{2, 3},
		"quantization_config": map[string]any{"quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "offline"},
	}
}

func with(key string, value any) map[string]any {
	c := maps.Clone(goodConfig())
	if value == nil {
		delete(c, key)
	} else {
		c[key] = value
	}
	return c
}

func TestHFConfig(t *testing.T) {
	data, err := json.Marshal(goodConfig())
	require.NoError(t, err)
	h, c, err := parseHFConfig(data)
	require.NoError(t, err)
	require.Equal(t, model.Config{
		Architecture: "BitNetForCausalLM", VocabSize: 600, Dim: 256, FFN: 640, Layers: 3, Heads: 4, KVHeads: 2,
		HeadDim: 64, ContextLength: 512, RopeTheta: 1e4, NormEps: 1e-5, Activation: model.ReLU2, SubNorms: true,
	}, c)
	require.Equal(t, tokenIDs{2, 3}, h.EOS)
	require.False(t, h.Quantization.divides())
	require.False(t, h.Quantization.online())

	for name, tt := range map[string]struct {
		config map[string]any
		check  func(h *hfConfig, c model.Config) bool
	}{
		"theta under rope_parameters": {
			with("rope_parameters", map[string]any{"rope_theta": 5e5, "rope_type": "default"}),
			func(_ *hfConfig, c model.Config) bool { return c.RopeTheta == 5e5 },
		},
		"head_dim given": {with("head_dim", 32), func(_ *hfConfig, c model.Config) bool { return c.HeadDim == 32 && c.QDim() == 128 }},
		"no kv heads":    {with("num_key_value_heads", nil), func(_ *hfConfig, c model.Config) bool { return c.KVHeads == 4 }},
		"old bitlinear":  {with("quantization_config", map[string]any{"quant_method": "bitnet"}), func(h *hfConfig, _ model.Config) bool { return h.Quantization.divides() }},
		"online": {
			with("quantization_config", map[string]any{"quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "online"}),
			func(h *hfConfig, _ model.Config) bool { return h.Quantization.online() },
		},
		"null eos": {with("eos_token_id", json.RawMessage("null")), func(h *hfConfig, _ model.Config) bool { return len(h.EOS) == 0 }},
	} {
		data, err := json.Marshal(tt.config)
		require.NoError(t, err)
		h, c, err := parseHFConfig(data)
		require.NoError(t, err, name)
		require.True(t, tt.check(h, c), name)
	}
}

func TestHFConfigFaults(t *testing.T) {
	for key, tt := range map[string]struct {
		value any
		want  string
	}{
		"model_type":              {"mamba", `model_type "mamba" is not one this version runs (bitnet, gemma3_text, llama, qwen3)`},
		"hidden_size":             {-1, "hidden size is -1, want 1 to 1048576"},
		"num_hidden_layers":       {int64(1 << 40), "number of layers is 1099511627776, want 1 to 4096"},
		"num_attention_heads":     {3, "hidden_size 256 is not a multiple of num_attention_heads 3"},
		"num_key_value_heads":     {3, "4 attention heads are not a multiple of 3 key-value heads"},
		"head_dim":                {7, "head size is 7, want an even number"},
		"hidden_act":              {"gelu", `hidden_act is "gelu", want "silu", "relu2" or "gelu_pytorch_tanh"`},
		"rope_theta":              {-1, "rope theta is -1, want a positive number"},
		"rms_norm_eps":            {7, "RMS norm epsilon is 7, want 0 to 1"},
		"rope_scaling":            {map[string]any{"type": "linear"}, `rope_scaling has rope_type "linear"`},
		"attention_bias":          {true, "biases are not supported"},
		"weight_bits":             {2, "weight_bits is 2, want 1 (ternary)"},
		"quantization_config":     {map[string]any{"quant_method": "awq"}, `quantization_config.quant_method is "awq", want "bitnet"`},
		"vocab_size":              {"many", "cannot unmarshal string"},
		"max_position_embeddings": {0, "context length is 0"},
	} {
		data, err := json.Marshal(with(key, tt.value))
		require.NoError(t, err)
		_, _, err = parseHFConfig(data)
		require.ErrorContains(t, err, tt.want, key)
	}
}

func TestOneBitLLMKeys(t *testing.T) {
	parse := func(value any) (*hfConfig, error) {
		c := with("weight_bits", value)
		delete(c, "quantization_config")
		data, err := json.Marshal(c)
		require.NoError(t, err)
		h, _, err := parseHFConfig(data)
		return h, err
	}
	h, err := parse(1)
	require.NoError(t, err)
	require.Same(t, &oneBitLLM, h.family)
	require.True(t, h.masters())
	h, err = parse(json.RawMessage("null"))
	require.NoError(t, err)
	require.Same(t, &bitnet2B4T, h.family)
	require.False(t, h.masters())
	_, err = parse(2)
	require.ErrorContains(t, err, "weight_bits is 2, want 1 (ternary)")
	_, err = parse("one")
	require.ErrorContains(t, err, "cannot unmarshal string into Go struct field hfConfig.weight_bits")
}

func TestSampling(t *testing.T) {
	parse := func(s string) *Sampling {
		var g hfGeneration
		require.NoError(t, json.Unmarshal([]byte(s), &g))
		return g.sampling()
	}
	require.Nil(t, parse(`{"eos_token_id": 3}`))
	require.Equal(t, &Sampling{}, parse(`{"do_sample": false, "temperature": 0.5}`))
	require.Equal(t, &Sampling{Temperature: 0.7, TopK: 40}, parse(`{"do_sample": true, "temperature": 0.7, "top_k": 40}`))
	require.Equal(t, &Sampling{Temperature: 1, TopP: 0.9, Repeat: 1.1}, parse(`{"top_p": 0.9, "repetition_penalty": 1.1}`))
}

// copyDir copies a small model directory so that a test can damage it.
func copyDir(t *testing.T, src string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(src)))
	return dir
}

func TestOpenFaults(t *testing.T) {
	good := golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed")
	_, err := Open(filepath.Join(good, "nothing"))
	require.ErrorContains(t, err, "no such file")
	_, err = Open(t.TempDir())
	require.ErrorContains(t, err, "has no config.json")
	text := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(text, "config.json"), []byte("hello"), 0o600))
	_, err = Open(text)
	require.ErrorContains(t, err, "config.json is no JSON, or not a whole file: byte 1: invalid character 'h' looking for beginning of value; download it again")

	// A configuration that does not fit the tensors.
	dir := copyDir(t, good)
	data, err := os.ReadFile(filepath.Join(dir, "config.json"))
	require.NoError(t, err)
	change := func(from, to string) {
		t.Helper()
		var object map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(data, &object))
		require.Contains(t, object, from)
		object[from] = json.RawMessage(to)
		changed, err := json.Marshal(object)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "config.json"), changed, 0o600))
	}
	weights := func() error {
		ck, err := Open(dir)
		require.NoError(t, err)
		defer ck.Close()
		_, err = ck.Weights()
		return err
	}
	require.NoError(t, weights())
	change("vocab_size", "601")
	require.ErrorContains(t, weights(), "token embedding is 600×256, want 601×256")
	change("num_hidden_layers", "4")
	require.ErrorContains(t, weights(), "model.layers.3.input_layernorm.weight")
	change("num_hidden_layers", "2")
	require.ErrorContains(t, weights(), "have no place in this architecture")
	change("intermediate_size", "644")
	require.ErrorContains(t, weights(), `tensor "model.layers.0.mlp.gate_proj.weight" has shape [160 256], want [161 256]`)
	change("quantization_config", "null")
	require.ErrorContains(t, weights(), "is packed (U8), but config.json has no quantization_config")
}

func FuzzHFConfig(f *testing.F) {
	data, err := json.Marshal(goodConfig())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"model_type":"llama","eos_token_id":[1,[2]]}`))
	f.Add([]byte(`{"rope_parameters":{"rope_parameters":{}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, c, err := parseHFConfig(data); err == nil {
			require.NoError(t, c.Validate())
			require.Positive(t, c.QDim())
		}
		var g hfGeneration
		if json.Unmarshal(data, &g) == nil {
			g.sampling()
		}
		jsonPairs(data, 3)
	})
}
