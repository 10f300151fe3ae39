package gguf

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// TestTernaryModels opens the tiny models that existing engines wrote and read.
func TestTernaryModels(t *testing.T) {
	projection := map[string]dtype.DType{
		"f16": dtype.F16, "i2_s": dtype.I2_S, "iq2_bn": dtype.IQ2_BN, "tq1_0": dtype.TQ1_0, "tq2_0": dtype.TQ2_0,
	}
	shapes := map[string][]int{
		"token_embd": {512, 512}, "output_norm": {512},
		"attn_norm": {512}, "attn_sub_norm": {512}, "ffn_norm": {512}, "ffn_sub_norm": {1280},
		"attn_q": {512, 512}, "attn_k": {256, 512}, "attn_v": {256, 512}, "attn_output": {512, 512},
		"ffn_gate": {1280, 512}, "ffn_up": {1280, 512}, "ffn_down": {512, 1280},
	}
	for _, path := range golden.Glob(t, "golden", "ternary", "models", "*.gguf") {
		base := strings.TrimSuffix(filepath.Base(path), ".gguf")
		t.Run(base, func(t *testing.T) {
			f, err := Open(path)
			require.NoError(t, err)
			defer f.Close()
			kind := strings.Split(base, "-") // tiny, architecture, type
			arch := map[string]string{"b158": "bitnet-b1.58", "bitnet": "bitnet"}[kind[1]]
			got, ok := f.String("general.architecture")
			require.True(t, ok)
			require.Equal(t, arch, got)
			for key, want := range map[string]uint64{
				"block_count": 2, "embedding_length": 512, "feed_forward_length": 1280,
				"attention.head_count": 4, "attention.head_count_kv": 2, "context_length": 512,
			} {
				v, ok := f.Uint(arch + "." + key)
				require.True(t, ok, key)
				require.Equal(t, want, v, key)
			}
			theta, ok := f.Float(arch + ".rope.freq_base")
			require.True(t, ok)
			require.Equal(t, 500000.0, theta)
			tokens, ok := f.Strings("tokenizer.ggml.tokens")
			require.True(t, ok)
			require.Len(t, tokens, 512)

			require.Len(t, f.Tensors(), 2+2*11)
			for _, info := range f.Tensors() {
				parts := strings.Split(strings.TrimSuffix(info.Name, ".weight"), ".")
				name := parts[len(parts)-1]
				require.Equal(t, shapes[name], info.Shape, info.Name)
				want := projection[kind[2]]
				switch {
				case len(info.Shape) == 1:
					want = dtype.F32
				case name == "token_embd":
					want = dtype.F16
				}
				require.Equal(t, want, info.Type, info.Name)
				x, err := f.Tensor(info.Name)
				require.NoError(t, err)
				require.Len(t, x.Bytes(), int(info.Size))
			}
		})
	}
}

// TestStories260K opens a Llama model that others published.
func TestStories260K(t *testing.T) {
	f, err := Open(golden.Path(t, "models", "stories260K", "stories260K.f32.gguf"))
	require.NoError(t, err)
	defer f.Close()
	arch, _ := f.String("general.architecture")
	require.Equal(t, "llama", arch)
	scores, ok := f.Float32s("tokenizer.ggml.scores")
	require.True(t, ok)
	types, ok := f.Int32s("tokenizer.ggml.token_type")
	require.True(t, ok)
	tokens, ok := f.Strings("tokenizer.ggml.tokens")
	require.True(t, ok)
	require.Equal(t, []string{"<unk>", "<s>", "</s>"}, []string{tokens[0], strings.TrimSpace(tokens[1]), strings.TrimSpace(tokens[2])})
	require.Equal(t, []int{512, 512, 512}, []int{len(tokens), len(types), len(scores)})

	shapes := map[string][]int{}
	for _, info := range f.Tensors() {
		require.Equal(t, dtype.F32, info.Type, info.Name)
		x, err := f.Tensor(info.Name)
		require.NoError(t, err)
		require.NotEmpty(t, x.Float32s())
		if name := info.Name; !strings.HasPrefix(name, "blk.") || strings.HasPrefix(name, "blk.4.") {
			shapes[strings.TrimSuffix(name, ".weight")] = info.Shape
		}
	}
	require.Equal(t, map[string][]int{
		"token_embd": {512, 64}, "output_norm": {64}, // the head is the embedding
		"blk.4.attn_norm": {64}, "blk.4.attn_q": {64, 64}, "blk.4.attn_k": {32, 64}, "blk.4.attn_v": {32, 64},
		"blk.4.attn_output": {64, 64}, "blk.4.ffn_norm": {64}, "blk.4.ffn_gate": {172, 64}, "blk.4.ffn_up": {172, 64}, "blk.4.ffn_down": {64, 172},
	}, shapes)
}

// BenchmarkOpen opens a model with a vocabulary: what loading costs before any
// weight is touched.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "m.gguf")
	tokens, merges := make([]string, 128256), make([]string, 280147)
	for i := range tokens {
		tokens[i] = strings.Repeat("x", 1+i%12)
	}
	for i := range merges {
		merges[i] = strings.Repeat("y", 1+i%6) + " " + strings.Repeat("z", 1+i%5)
	}
	kv := []KV{{"tokenizer.ggml.tokens", tokens}, {"tokenizer.ggml.merges", merges}, {"tokenizer.ggml.token_type", make([]int32, len(tokens))}}
	require.NoError(b, WriteFile(path, kv, nil))
	b.ReportAllocs()
	for b.Loop() {
		f, err := Open(path)
		if err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
}
