package checkpoint_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/reference"
)

// A directory is a Hugging Face checkpoint in memory, to be written another way.
type directory struct {
	config  map[string]any
	tensors map[string]safetensors.TensorData
}

// read copies a committed checkpoint.
func read(t *testing.T, elem ...string) *directory {
	t.Helper()
	dir := golden.Committed(t, append([]string{"golden"}, elem...)...)
	d := &directory{tensors: map[string]safetensors.TensorData{}}
	golden.JSON(t, dir+"/config.json", &d.config)
	f, err := safetensors.Open(dir)
	require.NoError(t, err)
	for _, info := range f.Tensors() {
		x, err := f.Tensor(info.Name)
		require.NoError(t, err)
		d.tensors[info.Name] = safetensors.TensorData{Name: info.Name, Shape: info.Shape, Type: info.Type, Data: append([]byte(nil), x.Bytes()...)}
	}
	require.NoError(t, f.Close())
	return d
}

// set changes a key of config.json; nil removes it.
func (d *directory) set(key string, value any) {
	if d.config[key] = value; value == nil {
		delete(d.config, key)
	}
}

// rename gives tensors that contain a string other names.
func (d *directory) rename(from, to string) {
	for name, x := range d.tensors {
		if strings.Contains(name, from) {
			delete(d.tensors, name)
			x.Name = strings.Replace(name, from, to, 1)
			d.tensors[x.Name] = x
		}
	}
}

// copyOf stores a tensor under another name.
func (d *directory) copyOf(from, to string) {
	x := d.tensors[from]
	x.Name = to
	d.tensors[to] = x
}

func (d *directory) write(t *testing.T) string {
	t.Helper()
	path := t.TempDir()
	data, err := json.Marshal(d.config)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(path, "config.json"), data, 0o600))
	var all []safetensors.TensorData
	for _, x := range d.tensors {
		all = append(all, x)
	}
	require.NoError(t, safetensors.WriteFile(filepath.Join(path, "model.safetensors"), nil, all))
	return path
}

// logits computes the reference path's logits after a few tokens.
func logits(t *testing.T, path string) []float64 {
	t.Helper()
	return logitsWith(t, path, checkpoint.Options{})
}

func logitsWith(t *testing.T, path string, o checkpoint.Options) []float64 {
	t.Helper()
	ck, err := checkpoint.OpenWith(path, o)
	require.NoError(t, err)
	defer func() { require.NoError(t, ck.Close()) }()
	w, err := ck.Weights()
	require.NoError(t, err)
	all, err := reference.New(ck.Config, w).NewSequence().Forward(context.Background(), []int32{5, 110, 17, 3})
	require.NoError(t, err)
	return all[len(all)-1]
}

// difference returns the rms of got-want relative to that of want.
func difference(got, want []float64) float64 {
	var diff, sum float64
	for i, v := range want {
		diff += (got[i] - v) * (got[i] - v)
		sum += v * v
	}
	return math.Sqrt(diff / sum)
}

// TestConventions writes the same model in the ways that people write it. What the
// logits are, golden tests say; here they have to stay, or, where a file says
// something else, to change.
func TestConventions(t *testing.T) {
	llama := []string{"transformers", "llama-bitlinear-packed"} // an output head of its own
	oneBit := []string{"families", "1bitllm-large"}             // tied
	const rounding = 1e-6                                       // of a scale that was inverted
	for name, tt := range map[string]struct {
		model  []string
		change func(d *directory)
		least  float64 // difference of logits
		most   float64
	}{
		"scale multiplies": {llama, func(d *directory) {
			d.config["quantization_config"].(map[string]any)["linear_class"] = "autobitlinear"
			for name, x := range d.tensors {
				if strings.HasSuffix(name, "_scale") {
					m := nn.Matrix{Rows: 1, Cols: 1, Type: x.Type, Data: x.Data}
					scale := make([]float32, 1)
					m.Row(scale, 0)
					x.Type, x.Data = dtype.F32, binary.LittleEndian.AppendUint32(nil, math.Float32bits(1/scale[0]))
					d.tensors[name] = x
				}
			}
		}, 0, rounding},
		"scale taken the other way": {llama, func(d *directory) {
			d.config["quantization_config"].(map[string]any)["linear_class"] = "autobitlinear"
		}, 0.1, math.Inf(1)},
		"rope_theta at top level": {llama, func(d *directory) {
			d.set("rope_parameters", nil)
			d.set("rope_theta", 500000)
		}, 0, 0},
		"another rope_theta": {llama, func(d *directory) {
			d.set("rope_parameters", nil)
			d.set("rope_theta", 100)
		}, 1e-3, math.Inf(1)},
		"no rope_theta means 10000": {oneBit, func(d *directory) { d.set("rope_theta", nil) }, 0, 0},
		"rope scaled by 1": {oneBit, func(d *directory) {
			d.set("rope_scaling", map[string]any{"type": "linear", "factor": 1})
		}, 0, 0},
		"head stored though tied": {oneBit, func(d *directory) {
			d.copyOf("model.embed_tokens.weight", "lm_head.weight")
		}, 0, 0},
		"head untied, a copy": {oneBit, func(d *directory) {
			d.copyOf("model.embed_tokens.weight", "lm_head.weight")
			d.set("tie_word_embeddings", false)
		}, 0, 0},
		"head tied to another embedding": {llama, func(d *directory) {
			d.set("tie_word_embeddings", true)
		}, 0.1, math.Inf(1)},
		"head untied unless said": {llama, func(d *directory) { d.set("tie_word_embeddings", nil) }, 0, 0},
		"activation unless said":  {oneBit, func(d *directory) { d.set("hidden_act", nil) }, 0, 0},
		"silu is swish":           {oneBit, func(d *directory) { d.set("hidden_act", "swish") }, 0, 0},
		"relu2 is not silu":       {oneBit, func(d *directory) { d.set("hidden_act", "relu2") }, 0.1, math.Inf(1)},
		"1bitLLM by its class":    {oneBit, func(d *directory) { d.set("weight_bits", nil) }, 0, 0},
		"1bitLLM by weight_bits":  {oneBit, func(d *directory) { d.set("architectures", nil) }, 0, 0},
		"1bitLLM as model_type bitnet": {oneBit, func(d *directory) {
			d.set("model_type", "bitnet")
		}, 0, 0},
		"1bitLLM as the library's BitNet": {oneBit, func(d *directory) {
			d.set("model_type", "bitnet")
			d.set("architectures", []string{"BitNetForCausalLM"})
			d.set("weight_bits", nil)
			d.set("quantization_config", map[string]any{"quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "online"})
			d.rename("inner_attn_ln", "attn_sub_norm")
			d.rename("ffn_layernorm", "ffn_sub_norm")
		}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := read(t, tt.model...)
			want := logits(t, d.write(t))
			tt.change(d)
			got := difference(logits(t, d.write(t)), want)
			require.GreaterOrEqual(t, got, tt.least)
			require.LessOrEqual(t, got, tt.most)
		})
	}
}

// TestMissingTensors looks at what is said of tensors that a wrong key would explain.
func TestMissingTensors(t *testing.T) {
	weights := func(d *directory) error {
		ck, err := checkpoint.Open(d.write(t))
		require.NoError(t, err)
		defer ck.Close()
		_, err = ck.Weights()
		return err
	}
	d := read(t, "families", "1bitllm-large")
	d.set("tie_word_embeddings", nil)
	require.ErrorContains(t, weights(d), `tensor "lm_head.weight" is missing: if the embedding is the output head, too, set tie_word_embeddings to true in config.json`)

	d = read(t, "families", "1bitllm-large") // its names under the other BitNet's class
	d.set("model_type", "bitnet")
	d.set("architectures", nil)
	d.set("weight_bits", nil)
	require.ErrorContains(t, weights(d), `"model.layers.0.self_attn.attn_sub_norm.weight"`)

	d = read(t, "families", "trilm")
	d.set("quantization_config", map[string]any{"quant_method": "bitnet"})
	require.ErrorContains(t, weights(d), `tensor "model.layers.0.self_attn.q_proj.weight" has type F16, where quantization_config promises packed weights (U8)`)
	d.set("quantization_config", map[string]any{"quant_method": "bitnet", "modules_to_not_convert": []string{"self_attn", "mlp"}})
	require.NoError(t, weights(d))
}

// TestEveryFault: one fault does not hide another, and they are said in the order of layers.
func TestEveryFault(t *testing.T) {
	weights := func(d *directory) error {
		ck, err := checkpoint.Open(d.write(t))
		require.NoError(t, err)
		defer ck.Close()
		_, err = ck.Weights()
		return err
	}
	d := read(t, "transformers", "bitnet-2b4t-packed")
	delete(d.tensors, "model.layers.0.input_layernorm.weight")
	delete(d.tensors, "model.layers.0.self_attn.k_proj.weight_scale")
	x := d.tensors["model.layers.0.self_attn.v_proj.weight"]
	x.Shape = []int{x.Shape[0] / 2, x.Shape[1] * 2}
	d.tensors[x.Name] = x
	s := d.tensors["model.layers.0.mlp.up_proj.weight_scale"]
	s.Data = make([]byte, len(s.Data))
	d.tensors[s.Name] = s
	err := weights(d)
	for _, want := range []string{
		`"model.layers.0.input_layernorm.weight"`, `"model.layers.0.self_attn.k_proj.weight_scale"`,
		`"model.layers.0.self_attn.v_proj.weight" has shape`, `"model.layers.0.mlp.up_proj.weight_scale" holds [0]`,
	} {
		require.ErrorContains(t, err, want)
	}

	d = read(t, "transformers", "llama-bitlinear-packed")
	s = d.tensors["model.layers.0.mlp.up_proj.weight_scale"]
	s.Type, s.Data = dtype.F32, binary.LittleEndian.AppendUint32(nil, math.Float32bits(1e-39))
	d.tensors[s.Name] = s
	require.ErrorContains(t, weights(d), `"model.layers.0.mlp.up_proj.weight_scale" holds [1e-39], whose reciprocal is +Inf`)

	d = read(t, "embed", "qwen3-bitnet")
	for name := range d.tensors {
		if strings.HasSuffix(name, "_proj.norm.weight") && !strings.Contains(name, "o_proj") && !strings.Contains(name, "down_proj") {
			delete(d.tensors, name)
		}
	}
	err = weights(d)
	at := 0
	for _, name := range []string{"0.self_attn.q_proj", "0.self_attn.k_proj", "0.self_attn.v_proj", "0.mlp.gate_proj", "0.mlp.up_proj", "1.self_attn.q_proj"} {
		n := strings.Index(err.Error(), `"layers.`+name+`.norm.weight"`)
		require.Greater(t, n, at, "%s in %v", name, err)
		at = n
	}
}

// TestLlamaGGUF writes the TriLM checkpoint as converters do: other names, rows of
// queries and keys permuted so that the halves of a head alternate.
func TestLlamaGGUF(t *testing.T) {
	d := read(t, "families", "trilm")
	want := logits(t, d.write(t))

	const heads, layers, dim, ffn = 4, 2, 64, 144
	all := []gguf.TensorData{}
	add := func(to, from string, permute bool) {
		x, ok := d.tensors[from+".weight"]
		require.True(t, ok, from)
		if permute {
			row, half := len(x.Data)/x.Shape[0], x.Shape[0]/heads/2
			data := make([]byte, 0, len(x.Data))
			for r := range x.Shape[0] {
				from := r/(2*half)*2*half + r%2*half + r%(2*half)/2
				data = append(data, x.Data[from*row:(from+1)*row]...)
			}
			x.Data = data
		}
		x.Name = to + ".weight"
		all = append(all, x)
	}
	add("token_embd", "model.embed_tokens", false)
	add("output_norm", "model.norm", false)
	add("output", "lm_head", false)
	for i := range layers {
		to, from := fmt.Sprintf("blk.%d.", i), fmt.Sprintf("model.layers.%d.", i)
		add(to+"attn_norm", from+"input_layernorm", false)
		add(to+"ffn_norm", from+"post_attention_layernorm", false)
		add(to+"attn_q", from+"self_attn.q_proj", true)
		add(to+"attn_k", from+"self_attn.k_proj", true)
		add(to+"attn_v", from+"self_attn.v_proj", false)
		add(to+"attn_output", from+"self_attn.o_proj", false)
		add(to+"ffn_gate", from+"mlp.gate_proj", false)
		add(to+"ffn_up", from+"mlp.up_proj", false)
		add(to+"ffn_down", from+"mlp.down_proj", false)
	}
	path := filepath.Join(t.TempDir(), "trilm.gguf")
	require.NoError(t, gguf.WriteFile(path, []gguf.KV{
		{Key: "general.architecture", Value: "llama"},
		{Key: "llama.context_length", Value: uint32(128)},
		{Key: "llama.embedding_length", Value: uint32(dim)},
		{Key: "llama.block_count", Value: uint32(layers)},
		{Key: "llama.feed_forward_length", Value: uint32(ffn)},
		{Key: "llama.attention.head_count", Value: uint32(heads)},
		{Key: "llama.attention.layer_norm_rms_epsilon", Value: float32(1e-5)},
	}, all))
	require.LessOrEqual(t, difference(logits(t, path), want), 1e-12)
}
