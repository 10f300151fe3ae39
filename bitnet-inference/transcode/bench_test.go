package transcode

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

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

// BenchmarkMaster converts one layer of BitNet b1.58 2B-4T's shape from bf16 master
// weights; MB/s are of the source.
func BenchmarkMaster(b *testing.B) {
	dir := b.TempDir()
	writeMaster(b, dir, &model.Config{
		VocabSize: 1024, Dim: 2560, FFN: 6912, Layers: 1, Heads: 20, KVHeads: 5, HeadDim: 128, ContextLength: 4096, NormEps: 1e-5, RopeTheta: 5e5, SubNorms: true,
	})
	info, err := os.Stat(filepath.Join(dir, "model.safetensors"))
	require.NoError(b, err)
	for _, kind := range []string{"i2_s", "tq2_0", "tq1_0"} {
		b.Run(kind, func(b *testing.B) {
			b.SetBytes(info.Size())
			for b.Loop() {
				p, err := New(b.Context(), dir, filepath.Join(dir, "m.gguf"), Options{Type: kind, Replace: true})
				require.NoError(b, err)
				require.NoError(b, p.Write(b.Context(), nil))
				require.NoError(b, p.Close())
			}
		})
	}
}
