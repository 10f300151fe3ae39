package transcode

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/contents"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

func master2B4T(t *testing.T) string {
	return golden.Committed(t, "golden", "transformers", "bitnet-2b4t-master")
}

func packed(t *testing.T) string {
	return golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed")
}

func packedLlama(t *testing.T) string {
	return golden.Committed(t, "golden", "transformers", "llama-bitlinear-packed")
}

// gemmaHeads makes the twins of Gemma what GGUF files of it mean: queries scaled by the
// width of heads.
var gemmaHeads = map[string]any{"query_pre_attn_scalar": 16}

// copyModel copies a directory of golden data, with keys of config.json changed.
func copyModel(t *testing.T, src string, set map[string]any) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"model.safetensors", "config.json"} {
		data, err := os.ReadFile(filepath.Join(src, name))
		require.NoError(t, err)
		if name == "config.json" {
			var config map[string]any
			require.NoError(t, json.Unmarshal(data, &config))
			for k, v := range set {
				config[k] = v
			}
			data, err = json.Marshal(config)
			require.NoError(t, err)
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	return dir
}

// rewrite copies a GGUF file with tensors changed, and some added.
func rewrite(t *testing.T, src, dst string, change func(*gguf.TensorData), more ...gguf.TensorData) {
	t.Helper()
	kv, all := contents.GGUF(t, src)
	for i := range all {
		change(&all[i])
	}
	require.NoError(t, gguf.WriteFile(dst, kv, append(all, more...)))
}

// rewriteDirectory changes tensors of a directory, and adds some.
func rewriteDirectory(t *testing.T, dir string, change func(*safetensors.TensorData), more ...safetensors.TensorData) {
	t.Helper()
	all := contents.Safetensors(t, dir)
	for i := range all {
		change(&all[i])
	}
	require.NoError(t, safetensors.WriteFile(filepath.Join(dir, "model.safetensors"), nil, append(all, more...)))
}

// writeMaster writes a checkpoint of random bf16 master weights.
func writeMaster(tb testing.TB, dir string, c *model.Config) {
	tb.Helper()
	config, err := json.Marshal(map[string]any{
		"architectures": []string{"BitNetForCausalLM"}, "model_type": "bitnet", "hidden_size": c.Dim, "intermediate_size": c.FFN,
		"num_hidden_layers": c.Layers, "num_attention_heads": c.Heads, "num_key_value_heads": c.KVHeads, "vocab_size": c.VocabSize,
		"max_position_embeddings": c.ContextLength, "hidden_act": "relu2", "rms_norm_eps": c.NormEps, "rope_theta": c.RopeTheta,
		"tie_word_embeddings": true, "quantization_config": map[string]any{"quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "online"},
	})
	require.NoError(tb, err)
	require.NoError(tb, os.WriteFile(filepath.Join(dir, "config.json"), config, 0o600))
	rng := rand.New(rand.NewPCG(1, 2))
	var tensors []safetensors.TensorData
	add := func(name string, cols, rows int) {
		shape := []int{rows, cols}
		if rows == 1 {
			shape = shape[1:]
		}
		tensors = append(tensors, safetensors.TensorData{Name: name + ".weight", Type: dtype.BF16, Shape: shape, Stream: func(w io.Writer) error {
			row := make([]byte, 2*cols)
			for range rows {
				for i := 0; i < len(row); i += 2 {
					h := dtype.F32ToBF16(float32(rng.Uint32()%4096)/65536 - 1./32)
					row[i], row[i+1] = byte(h), byte(h>>8)
				}
				if _, err := w.Write(row); err != nil {
					return err
				}
			}
			return nil
		}})
	}
	add("model.embed_tokens", c.Dim, c.VocabSize)
	add("model.norm", c.Dim, 1)
	for i := range c.Layers {
		layer := fmt.Sprintf("model.layers.%d.", i)
		add(layer+"input_layernorm", c.Dim, 1)
		add(layer+"post_attention_layernorm", c.Dim, 1)
		add(layer+"self_attn.attn_sub_norm", c.QDim(), 1)
		add(layer+"mlp.ffn_sub_norm", c.FFN, 1)
		add(layer+"self_attn.q_proj", c.Dim, c.QDim())
		add(layer+"self_attn.k_proj", c.Dim, c.KVDim())
		add(layer+"self_attn.v_proj", c.Dim, c.KVDim())
		add(layer+"self_attn.o_proj", c.QDim(), c.Dim)
		add(layer+"mlp.gate_proj", c.Dim, c.FFN)
		add(layer+"mlp.up_proj", c.Dim, c.FFN)
		add(layer+"mlp.down_proj", c.FFN, c.Dim)
	}
	require.NoError(tb, safetensors.WriteFile(filepath.Join(dir, "model.safetensors"), map[string]string{"format": "pt"}, tensors))
}

// wide is a Llama model of floats whose rows are whole blocks.
func wide(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	writeMaster(t, dir, &model.Config{
		VocabSize: 96, Dim: 512, FFN: 512, Layers: 1, Heads: 8, KVHeads: 8, HeadDim: 64, ContextLength: 64, NormEps: 1e-5, RopeTheta: 1e4, SubNorms: true,
	})
	return copyModel(t, dir, map[string]any{"quantization_config": nil})
}

// wideQwen3 is wide as Qwen3, with norms of the projections' inputs as the BitNet embedding
// models have if they are asked for.
func wideQwen3(t *testing.T, inputNorms bool) string {
	t.Helper()
	const layer = "model.layers.0."
	src := wide(t)
	var all []safetensors.TensorData
	gains := func(name string, n int) {
		ones := convert.Bytes(slices.Repeat([]float32{1}, n))
		all = append(all, safetensors.TensorData{Name: layer + name + ".weight", Type: dtype.F32, Shape: []int{n}, Data: ones})
	}
	for _, x := range contents.Safetensors(t, src) {
		if strings.Contains(x.Name, "sub_norm") {
			continue
		}
		all = append(all, x)
		if module, ok := strings.CutSuffix(x.Name, "_proj.weight"); ok && inputNorms {
			gains(strings.TrimPrefix(module, layer)+"_proj.norm", x.Shape[1])
		}
	}
	gains("self_attn.q_norm", 64)
	gains("self_attn.k_norm", 64)
	dir := copyModel(t, src, map[string]any{"model_type": "qwen3", "hidden_act": "silu", "head_dim": 64})
	require.NoError(t, safetensors.WriteFile(filepath.Join(dir, "model.safetensors"), nil, all))
	return dir
}
