package checkpoint

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// asGGUF returns what the conversion scripts of llama.cpp and microsoft/BitNet write of
// a model: the latter I2_S.
func asGGUF(t *testing.T, c *model.Config, w *model.Weights, arch string) (kv []gguf.KV, tensors []gguf.TensorData) {
	t.Helper()
	add := func(name string, d dtype.DType, data []byte, shape ...int) {
		tensors = append(tensors, gguf.TensorData{Name: name + ".weight", Type: d, Shape: shape, Data: data})
	}
	vector := func(name string, v []float32) {
		if v != nil {
			add(name, dtype.F32, convert.Bytes(v), len(v))
		}
	}
	matrix := func(name string, m *nn.Matrix) { add(name, m.Type, m.Data, m.Rows, m.Cols) }
	linear := func(name string, l *model.Linear) {
		vector(name+"_norm_in", l.Norm)
		if l.Dense != nil {
			matrix(name, l.Dense)
			return
		}
		q := l.Ternary
		codes := make([]int8, q.Rows*q.Cols)
		for r := range q.Rows {
			q.Codes(codes[r*q.Cols:(r+1)*q.Cols], r)
		}
		data, err := qtensor.Pack(qtensor.I2S, codes, q.Rows, q.Cols, q.Scale[0])
		require.NoError(t, err)
		add(name, dtype.I2_S, data, q.Rows, q.Cols)
	}
	matrix("token_embd", &w.Embed)
	vector("output_norm", w.OutputNorm)
	if &w.Head.Data[0] != &w.Embed.Data[0] {
		matrix("output", &w.Head)
	}
	for i := range w.Layers {
		l, p := &w.Layers[i], "blk."+string(rune('0'+i))+"."
		vector(p+"attn_norm", l.AttnNorm)
		vector(p+"ffn_norm", l.FFNNorm)
		vector(p+"attn_q_norm", l.QNorm)
		vector(p+"attn_k_norm", l.KNorm)
		vector(p+"post_attention_norm", l.AttnPostNorm)
		vector(p+"post_ffw_norm", l.FFNPostNorm)
		vector(p+"attn_output_norm_in", l.AttnSubNorm)
		vector(p+"ffn_down_norm_in", l.FFNSubNorm)
		for name, of := range map[string]*model.Linear{
			"attn_q": &l.Q, "attn_k": &l.K, "attn_v": &l.V, "attn_output": &l.O,
			"ffn_gate": &l.Gate, "ffn_up": &l.Up, "ffn_down": &l.Down,
		} {
			linear(p+name, of)
		}
	}
	kv = []gguf.KV{{Key: "general.architecture", Value: arch}}
	for _, e := range []struct {
		key   string
		value any
	}{
		{"embedding_length", uint32(c.Dim)},
		{"block_count", uint32(c.Layers)},
		{"feed_forward_length", uint32(c.FFN)},
		{"context_length", uint32(c.ContextLength)},
		{"attention.head_count", uint32(c.Heads)},
		{"attention.head_count_kv", uint32(c.KVHeads)},
		{"attention.key_length", uint32(c.HeadDim)},
		{"attention.value_length", uint32(c.HeadDim)},
		{"attention.layer_norm_rms_epsilon", float32(c.NormEps)},
		{"rope.freq_base", float32(c.RopeTheta)},
		{"pooling_type", uint32(3)},
	} {
		kv = append(kv, gguf.KV{Key: arch + "." + e.key, Value: e.value})
	}
	return kv, tensors
}

// TestEmbedGGUF: a GGUF file of each model gives the config and the weights that the
// directory it came from gives.
func TestEmbedGGUF(t *testing.T) {
	for _, name := range []string{"qwen3", "qwen3-bitnet", "gemma3", "gemma3-bitnet"} {
		hf, err := Open(committedDir(t, name))
		require.NoError(t, err)
		want, err := hf.Weights()
		require.NoError(t, err)
		arch := strings.TrimSuffix(name, "-bitnet")
		kv, tensors := asGGUF(t, &hf.Config, want, arch)
		c := hf.Config
		if arch == "gemma3" {
			// The file knows a period of layers, and queries by the width of heads.
			kv = append(kv, gguf.KV{Key: "gemma3.attention.sliding_window", Value: uint32(8)},
				gguf.KV{Key: "gemma3.attention.sliding_window_pattern", Value: uint32(2)})
			c.QueryScale = 0
		}
		c.Architecture = arch
		path := filepath.Join(t.TempDir(), "model.gguf")
		require.NoError(t, gguf.WriteFile(path, kv, tensors))
		ck, err := Open(path)
		require.NoError(t, err)
		require.Equal(t, c, ck.Config)
		require.Equal(t, PoolLast, ck.Pooling)
		got, err := ck.Weights()
		require.NoError(t, err)
		_, again := asGGUF(t, &ck.Config, got, arch)
		require.ElementsMatch(t, tensors, again)
		require.NoError(t, ck.Close())

		for key, fault := range map[string]string{"pooling_type": "pooling_type is 9", "final_logit_softcapping": "capped logits"} {
			if key != "pooling_type" && arch != "gemma3" {
				continue
			}
			bad := append([]gguf.KV(nil), kv...)
			bad = append(bad, gguf.KV{Key: arch + "." + key, Value: uint32(9)})
			if key == "pooling_type" {
				bad = append(bad[:11], bad[12:]...) // the good one
			}
			require.NoError(t, gguf.WriteFile(path, bad, tensors))
			_, err = Open(path)
			require.ErrorContains(t, err, fault)
		}
		require.NoError(t, hf.Close())
	}
}

// TestGemma3WithoutWindow: a file that names no window has none, as with llama.cpp.
func TestGemma3WithoutWindow(t *testing.T) {
	hf, err := Open(committedDir(t, "gemma3-bitnet"))
	require.NoError(t, err)
	w, err := hf.Weights()
	require.NoError(t, err)
	kv, tensors := asGGUF(t, &hf.Config, w, "gemma3")
	path := filepath.Join(t.TempDir(), "model.gguf")
	require.NoError(t, gguf.WriteFile(path, kv, tensors))
	ck, err := Open(path)
	require.NoError(t, err)
	require.Zero(t, ck.Config.WindowOf(0))
	require.InDelta(t, 1e6, ck.Config.RopeTheta, 0)
	require.NoError(t, ck.Close())
	require.NoError(t, hf.Close())
}

// TestGemma3Defaults: what a file leaves out is as llama.cpp has it: another base than the
// transformers library's, and in the largest model queries by the width of its heads in D.
func TestGemma3Defaults(t *testing.T) {
	hf, err := Open(committedDir(t, "gemma3"))
	require.NoError(t, err)
	defer func() { require.NoError(t, hf.Close()) }()
	w, err := hf.Weights()
	require.NoError(t, err)
	config := func(drop string, set ...gguf.KV) model.Config {
		kv, tensors := asGGUF(t, &hf.Config, w, "gemma3")
		set = append(set, gguf.KV{Key: "gemma3." + drop})
		kv = append(slices.DeleteFunc(kv, func(e gguf.KV) bool {
			return slices.ContainsFunc(set, func(x gguf.KV) bool { return x.Key == e.Key })
		}), set[:len(set)-1]...)
		path := filepath.Join(t.TempDir(), "model.gguf")
		require.NoError(t, gguf.WriteFile(path, kv, tensors))
		ck, err := Open(path)
		require.NoError(t, err)
		defer func() { require.NoError(t, ck.Close()) }()
		return ck.Config
	}
	require.InDelta(t, 1e6, config("").RopeTheta, 0)
	c := config("rope.freq_base")
	require.InDelta(t, 1e4, c.RopeTheta, 0)
	require.InDelta(t, 1/math.Sqrt(float64(c.HeadDim)), c.Scale(), 1e-15)
	require.NotEqual(t, c.HeadDim, c.Dim/c.Heads)
	c = config("", gguf.KV{Key: "gemma3.block_count", Value: uint32(62)})
	require.InDelta(t, 1/math.Sqrt(float64(c.Dim/c.Heads)), c.Scale(), 1e-15)
}
