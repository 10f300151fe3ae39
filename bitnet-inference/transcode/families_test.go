package transcode

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// TestFamilies takes a model of each family to GGUF, to a directory and to GGUF again:
// logits stay as they are, and the two files are the same bytes.
func TestFamilies(t *testing.T) {
	for _, tt := range []struct {
		folder, name, arch string
		set                map[string]any
		kind, back         string
	}{
		{"embed", "qwen3", "qwen3", nil, "f32", "hf-f32"},
		{"embed", "qwen3-bitnet", "qwen3", nil, "i2_s", "hf"},
		{"embed", "gemma3", "gemma3", gemmaHeads, "f32", "hf-f32"},
		{"embed", "gemma3-bitnet", "gemma3", gemmaHeads, "i2_s", "hf"},
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
			requireSameTensors(t, file, again)
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
	names := strings.NewReplacer("attn_sub_norm", "inner_attn_ln", "ffn_sub_norm", "ffn_layernorm")
	rewriteDirectory(t, src, func(x *safetensors.TensorData) { x.Name = names.Replace(x.Name) })

	want := lastLogits(t, src)
	file, packed, back, again := filepath.Join(dir, "m.gguf"), filepath.Join(dir, "packed"), filepath.Join(dir, "back"), filepath.Join(dir, "again.gguf")
	convertModel(t, src, file, Options{})
	convertModel(t, src, packed, Options{})
	convertModel(t, file, back, Options{})
	convertModel(t, back, again, Options{})
	for _, path := range []string{file, packed, back, again} {
		require.InDeltaSlice(t, want, lastLogits(t, path), 1e-9, path)
	}
	requireSameTensors(t, file, again)
	ck, err := checkpoint.Open(file)
	require.NoError(t, err)
	require.Equal(t, "bitnet", ck.Config.Architecture)
	require.NoError(t, ck.Close())
}
