package transcode

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/reference"
)

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

// lastLogits computes what the reference path says after a few tokens.
func lastLogits(t *testing.T, path string) []float64 {
	t.Helper()
	ck, err := checkpoint.Open(path)
	require.NoError(t, err)
	defer ck.Close()
	w, err := ck.Weights()
	require.NoError(t, err)
	all, err := reference.New(ck.Config, w).NewSequence().Forward(context.Background(), []int32{5, 50, 17, 3, 9, 22, 61, 80, 2, 44})
	require.NoError(t, err)
	return all[len(all)-1]
}

// TestFamilies takes a model of each family to GGUF, to a directory and to GGUF again:
// logits stay as they are, and the two files are the same bytes.
func TestFamilies(t *testing.T) {
	gemma := map[string]any{"query_pre_attn_scalar": 16} // the width of its heads
	for _, tt := range []struct {
		folder, name, arch string
		set                map[string]any
		kind, back         string
	}{
		{"embed", "qwen3", "qwen3", nil, "f32", "hf-f32"},
		{"embed", "qwen3-bitnet", "qwen3", nil, "i2_s", "hf"},
		{"embed", "gemma3", "gemma3", gemma, "f32", "hf-f32"},
		{"embed", "gemma3-bitnet", "gemma3", gemma, "i2_s", "hf"},
		{"families", "trilm", "llama", nil, "f16", "hf-f16"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src := copyModel(t, golden.Committed(t, "golden", tt.folder, tt.name), tt.set)
			want := lastLogits(t, src)
			dir := t.TempDir()
			file, back, again := filepath.Join(dir, "m.gguf"), filepath.Join(dir, "back"), filepath.Join(dir, "again", "m.gguf")
			require.NoError(t, os.Mkdir(filepath.Dir(again), 0o700))
			convertModel(t, src, file, Options{Type: tt.kind, Set: []string{"general.name=m"}})
			ck, err := checkpoint.Open(file)
			require.NoError(t, err)
			require.Equal(t, tt.arch, ck.Config.Architecture)
			require.NoError(t, ck.Close())
			require.InDeltaSlice(t, want, lastLogits(t, file), 1e-9)
			convertModel(t, file, back, Options{Type: tt.back})
			require.InDeltaSlice(t, want, lastLogits(t, back), 1e-9)
			convertModel(t, back, again, Options{Type: tt.kind, Set: []string{"general.name=m"}})
			requireSameGGUF(t, file, again)
			if tt.kind != "i2_s" && tt.arch != "gemma3" { // whose gains are stored less 1, as float32
				requireSameTensors(t, src, back)
			}
		})
	}
}

// TestOneBitLLM: masters that no quantization_config names, under the names of 1bitLLM's
// own code.
func TestOneBitLLM(t *testing.T) {
	dir := t.TempDir()
	of2B4T := filepath.Join(dir, "2b4t")
	require.NoError(t, os.Mkdir(of2B4T, 0o700))
	writeMaster(t, of2B4T, &model.Config{
		VocabSize: 96, Dim: 64, FFN: 192, Layers: 2, Heads: 4, KVHeads: 4, HeadDim: 16, ContextLength: 64, NormEps: 1e-5, RopeTheta: 1e4, SubNorms: true,
	})
	src := copyModel(t, of2B4T, map[string]any{"hidden_act": "silu", "weight_bits": 1, "input_bits": 8, "quantization_config": nil})
	f, err := safetensors.Open(of2B4T)
	require.NoError(t, err)
	var all []safetensors.TensorData
	names := strings.NewReplacer("attn_sub_norm", "inner_attn_ln", "ffn_sub_norm", "ffn_layernorm")
	for _, info := range f.Tensors() {
		x, err := f.Tensor(info.Name)
		require.NoError(t, err)
		all = append(all, safetensors.TensorData{Name: names.Replace(info.Name), Type: info.Type, Shape: info.Shape, Data: x.Bytes()})
	}
	require.NoError(t, safetensors.WriteFile(filepath.Join(src, "model.safetensors"), nil, all))
	require.NoError(t, f.Close())

	want := lastLogits(t, src)
	file, packed, back, again := filepath.Join(dir, "m.gguf"), filepath.Join(dir, "packed"), filepath.Join(dir, "back"), filepath.Join(dir, "again.gguf")
	convertModel(t, src, file, Options{})
	convertModel(t, src, packed, Options{})
	convertModel(t, file, back, Options{})
	convertModel(t, back, again, Options{})
	for _, path := range []string{file, packed, back, again} {
		require.InDeltaSlice(t, want, lastLogits(t, path), 1e-9, path)
	}
	requireSameGGUF(t, file, again)
	ck, err := checkpoint.Open(file)
	require.NoError(t, err)
	require.Equal(t, "bitnet", ck.Config.Architecture)
	require.NoError(t, ck.Close())
}

// requireSameGGUF compares the tensors of two files byte by byte.
func requireSameGGUF(t *testing.T, want, got string) {
	t.Helper()
	a, err := gguf.Open(want)
	require.NoError(t, err)
	defer a.Close()
	b, err := gguf.Open(got)
	require.NoError(t, err)
	defer b.Close()
	require.Equal(t, a.Tensors(), b.Tensors())
	for _, info := range a.Tensors() {
		x, err := a.Tensor(info.Name)
		require.NoError(t, err)
		y, err := b.Tensor(info.Name)
		require.NoError(t, err)
		require.Equal(t, x.Bytes(), y.Bytes(), info.Name)
	}
}
