package transcode

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/contents"
)

// TestTargetSize: the file is as large as is allowed at most, and the next larger choice
// would not fit.
func TestTargetSize(t *testing.T) {
	src := wide(t)
	dir := t.TempDir()
	size := func(o Options) (int64, *Plan) {
		file := filepath.Join(dir, "m.gguf")
		o.Ternarize, o.Replace = true, true
		p := convertModel(t, src, file, o)
		info, err := os.Stat(file)
		require.NoError(t, err)
		return info.Size(), p
	}
	var last int64
	for _, kind := range []string{"f16", "q8_0", "q6_k", "q4_0"} {
		want, _ := size(Options{Embedding: kind})
		got, p := size(Options{TargetSize: want})
		require.Equal(t, want, got, kind)
		require.NotEmpty(t, p.Notes)
		if last > 0 {
			got, _ = size(Options{TargetSize: last - 1})
			require.Equal(t, want, got, kind)
		}
		last = want
	}
	_, err := New(t.Context(), src, filepath.Join(dir, "n.gguf"), Options{Ternarize: true, TargetSize: last - 1})
	require.ErrorContains(t, err, "the smallest possible")
}

// TestTargetSizeHead: of a head of its own and an embedding of the same shape the head gets the
// larger type.
func TestTargetSizeHead(t *testing.T) {
	src := copyModel(t, wide(t), map[string]any{"tie_word_embeddings": false})
	all := contents.Safetensors(t, src)
	for i := range all {
		if x := all[i]; x.Name == "model.embed_tokens.weight" {
			x.Name = "lm_head.weight"
			all = append(all, x)
		}
	}
	require.NoError(t, safetensors.WriteFile(filepath.Join(src, "model.safetensors"), nil, all))
	dir := t.TempDir()
	made := func(o Options) (types [2]string, size int64) {
		o.Ternarize, o.Replace = true, true
		file := filepath.Join(dir, "m.gguf")
		for _, s := range convertModel(t, src, file, o).Steps {
			switch s.Name {
			case "token_embd.weight":
				types[0] = s.Type
			case "output.weight":
				types[1] = s.Type
			}
		}
		info, err := os.Stat(file)
		require.NoError(t, err)
		return types, info.Size()
	}
	_, limit := made(Options{Embedding: "q8_0", Head: "q6_k"})
	for _, tt := range []struct {
		o    Options
		want [2]string
	}{
		{Options{TargetSize: limit}, [2]string{"Q6_K", "Q8_0"}},
		{Options{TargetSize: limit, Head: "q6_k"}, [2]string{"Q8_0", "Q6_K"}},
		{Options{TargetSize: limit, Tensors: []string{"token_embd=q4_0"}}, [2]string{"Q4_0", "Q8_0"}},
		{Options{TargetSize: 1 << 40}, [2]string{"BF16", "BF16"}},
	} {
		types, size := made(tt.o)
		require.Equal(t, tt.want, types)
		require.LessOrEqual(t, size, tt.o.TargetSize)
	}
}
