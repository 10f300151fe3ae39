package transcode

import (
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/contents"
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
	require.ErrorContains(t, err, "query_pre_attn_scalar is not 16")
}

// TestGemmaGains: a gain that is none any more when it was stored less 1 is a loss, and how
// texts are pooled goes along.
func TestGemmaGains(t *testing.T) {
	dir := t.TempDir()
	file, fine, bad := filepath.Join(dir, "m.gguf"), filepath.Join(dir, "fine"), filepath.Join(dir, "bad.gguf")
	src := copyModel(t, golden.Committed(t, "golden", "embed", "gemma3-bitnet"), gemmaHeads)
	convertModel(t, src, file, Options{Set: []string{"gemma3.pooling_type=u32:1"}})
	convertModel(t, file, fine, Options{})
	require.Equal(t, checkpoint.PoolMean, opened(t, fine).Pooling)
	rewrite(t, file, bad, func(d *gguf.TensorData) {
		if d.Name == "output_norm.weight" {
			binary.LittleEndian.PutUint32(d.Data, math.Float32bits(0.01234567))
		}
	})
	requireLossy(t, bad, filepath.Join(dir, "lossy"), Options{}, "model.norm.weight")
}

// TestGemmaLargest: engines scale the queries of the largest model by its width through
// its heads, whatever these are wide.
func TestGemmaLargest(t *testing.T) {
	const layers = 62
	from := golden.Committed(t, "golden", "embed", "gemma3") // 40/4 wide through heads that are 16
	types := make([]string, layers)
	for i := range types {
		if types[i] = "sliding_attention"; (i+1)%6 == 0 {
			types[i] = "full_attention"
		}
	}
	set := map[string]any{"num_hidden_layers": layers, "layer_types": types, "query_pre_attn_scalar": 10}
	var all []safetensors.TensorData
	for _, d := range contents.Safetensors(t, from) {
		before, after, ok := strings.Cut(d.Name, ".0.")
		switch {
		case ok:
			for i := range layers {
				d.Name = fmt.Sprintf("%s.%d.%s", before, i, after)
				all = append(all, d)
			}
		case !strings.Contains(d.Name, "layers."):
			all = append(all, d)
		}
	}
	dir := t.TempDir()
	src, file := copyModel(t, from, set), filepath.Join(dir, "m.gguf")
	require.NoError(t, safetensors.WriteFile(filepath.Join(src, "model.safetensors"), nil, all))
	convertModel(t, src, file, Options{Type: "f32"})
	require.InDeltaSlice(t, lastLogits(t, src), lastLogits(t, file), 1e-9)

	set["query_pre_attn_scalar"] = 16
	other := copyModel(t, src, set)
	_, err := New(t.Context(), other, filepath.Join(dir, "other.gguf"), Options{Type: "f32"})
	require.ErrorContains(t, err, "query_pre_attn_scalar is not 10")
}
