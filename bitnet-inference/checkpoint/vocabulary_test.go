package checkpoint

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/contents"
)

// TestVocabularyTypes gives single tensors of a good file another type, with zeros for
// data: the embedding and projections may be of blocks that a product knows, norms not.
func TestVocabularyTypes(t *testing.T) {
	kv, tensors := contents.GGUF(t, golden.Committed(t, "golden", "ternary", "models", "tiny-b158-tq2_0.gguf"))
	for _, c := range []struct {
		tensor string
		as     dtype.DType
		want   string // of the error
	}{
		{"token_embd.weight", dtype.Q8_0, ""},
		{"token_embd.weight", dtype.Q6_K, ""},
		{"token_embd.weight", dtype.Q4_0, ""},
		{"token_embd.weight", dtype.BF16, ""},
		{"token_embd.weight", dtype.Q4_K, `tensor "token_embd.weight" has type Q4_K; this version reads F32, F16, BF16, Q8_0, Q6_K and Q4_0 here`},
		{"token_embd.weight", dtype.TQ2_0, "has type TQ2_0"},
		{"token_embd.weight", dtype.I8, "has type I8"},
		{"blk.0.attn_q.weight", dtype.Q4_K, `tensor "blk.0.attn_q.weight" has type Q4_K; this version reads I2_S`},
		{"output_norm.weight", dtype.Q8_0, `tensor "output_norm.weight" has type Q8_0; this version reads F32, F16 and BF16 here`},
	} {
		all := slices.Clone(tensors)
		for i := range all {
			if x := &all[i]; x.Name == c.tensor {
				size, ok := c.as.TensorSize(x.Shape)
				require.True(t, ok)
				x.Type, x.Data = c.as, make([]byte, size)
			}
		}
		path := filepath.Join(t.TempDir(), "model.gguf")
		require.NoError(t, gguf.WriteFile(path, kv, all))
		ck, err := Open(path)
		require.NoError(t, err)
		w, err := ck.Weights()
		if c.want == "" {
			require.NoError(t, err, "%v", c.as)
			require.Equal(t, c.as, w.Embed.Type)
			w.Embed.Row(make([]float32, w.Embed.Cols), w.Embed.Rows-1)
		} else {
			require.ErrorContains(t, err, c.want)
		}
		require.NoError(t, ck.Close())
	}
}
