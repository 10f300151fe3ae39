package transcode

import (
	"encoding/binary"
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

func TestSlidingPeriod(t *testing.T) {
	const s, f = true, false
	for _, tt := range []struct {
		layers []bool
		period int // 0: refused
	}{
		{nil, 1},
		{[]bool{f, f}, 1},
		{[]bool{s, f, s}, 2},
		{[]bool{s, s}, 6},
		{[]bool{s, s, s, s, s, f, s}, 6},
		{[]bool{s, s, s, s, s, s}, 0},
		{[]bool{s, f, f}, 0},
		{[]bool{f, s}, 0},
	} {
		period, err := slidingPeriod(tt.layers)
		require.Equal(t, tt.period, period, tt.layers)
		require.Equal(t, tt.period == 0, err != nil, tt.layers)
	}
}

// TestGemmaRefused: a graph that GGUF files cannot name.
func TestGemmaRefused(t *testing.T) {
	src := golden.Committed(t, "golden", "embed", "gemma3-bitnet") // whose heads are 16 wide
	_, err := New(t.Context(), src, filepath.Join(t.TempDir(), "m.gguf"), Options{})
	require.ErrorContains(t, err, "query_pre_attn_scalar is not the width of a head, 16")
}

// TestGemmaGains: a gain that is none any more when it was stored less 1 is a loss, and how
// texts are pooled goes along.
func TestGemmaGains(t *testing.T) {
	dir := t.TempDir()
	file, fine, bad := filepath.Join(dir, "m.gguf"), filepath.Join(dir, "fine"), filepath.Join(dir, "bad.gguf")
	src := copyModel(t, golden.Committed(t, "golden", "embed", "gemma3-bitnet"), map[string]any{"query_pre_attn_scalar": 16})
	convertModel(t, src, file, Options{Set: []string{"gemma3.pooling_type=u32:1"}})
	convertModel(t, file, fine, Options{})
	ck, err := checkpoint.Open(fine)
	require.NoError(t, err)
	require.Equal(t, checkpoint.PoolMean, ck.Pooling)
	require.NoError(t, ck.Close())

	f, err := gguf.Open(file)
	require.NoError(t, err)
	var all []gguf.TensorData
	for _, info := range f.Tensors() {
		x, err := f.Tensor(info.Name)
		require.NoError(t, err)
		d := gguf.TensorData{Name: info.Name, Type: info.Type, Shape: info.Shape, Data: append([]byte{}, x.Bytes()...)}
		if info.Name == "output_norm.weight" {
			binary.LittleEndian.PutUint32(d.Data, math.Float32bits(0.01234567))
		}
		all = append(all, d)
	}
	require.NoError(t, gguf.WriteFile(bad, f.Metadata(), all))
	require.NoError(t, f.Close())
	requireLossy(t, bad, filepath.Join(dir, "lossy"), Options{}, "model.norm.weight")
}
