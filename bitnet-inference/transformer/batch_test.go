package transformer

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// TestBatchIndependence: a token's logits are the same bits computed alone or
// with others, with one thread or several. Guessed tokens that are checked in one
// batch (package engine) give what single steps give only because of that.
func TestBatchIndependence(t *testing.T) {
	paths := map[string]string{
		"tiny-bitnet-tq2_0": golden.Committed(t, "golden", "ternary", "models") + "/tiny-bitnet-tq2_0.gguf",
		"tiny-b158-i2_s":    golden.Committed(t, "golden", "ternary", "models") + "/tiny-b158-i2_s.gguf",
	}
	for _, name := range checkpoints {
		paths[name] = golden.Committed(t, "golden", "transformers", name)
	}
	const tokens = 23 // no multiple of any kernel's rows or tokens
	for name, path := range paths {
		for _, cache := range []dtype.DType{dtype.F32, dtype.F16} {
			t.Run(name+"/"+cache.String(), func(t *testing.T) {
				one, two := load(t, path, 1).fast, load(t, path, 2).fast
				one.cache, two.cache = cache, cache
				ids := make([]int32, tokens)
				for i := range ids {
					ids[i] = int32(i*i*31+i) % int32(one.config.VocabSize)
				}
				want := inBatches(t, one, ids, 1)
				for _, batch := range []int{1, 2, 3, 5, 8, 16, tokens} {
					require.True(t, slices.Equal(want, inBatches(t, two, ids, batch)), "batches of %d", batch)
				}
			})
		}
	}
}

// inBatches returns the bits of the logits after every token, (T, V).
func inBatches(t *testing.T, m *Model, ids []int32, batch int) []uint32 {
	s, err := m.NewState(len(ids))
	require.NoError(t, err)
	defer s.Release()
	var bits []uint32
	for part := range slices.Chunk(ids, batch) {
		hidden, err := s.Forward(context.Background(), part)
		require.NoError(t, err)
		logits := make([]float32, len(part)*m.config.VocabSize)
		m.Logits(logits, hidden)
		for _, l := range logits {
			bits = append(bits, math.Float32bits(l))
		}
	}
	return bits
}
