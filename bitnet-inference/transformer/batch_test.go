package transformer

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
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
		for _, cache := range []dtype.DType{dtype.F32, dtype.F16, dtype.Q8_0} {
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

// TestBatchIndependenceOfContext does the same where softmax goes over several
// chunks of positions, with batches that split attention by chunks and by tokens,
// and with chunks that end within a batch.
func TestBatchIndependenceOfContext(t *testing.T) {
	path := golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed")
	const tokens = nn.Chunk + 44
	one, three := load(t, path, 1).fast, load(t, path, 3).fast
	for _, m := range []*Model{one, three} {
		// The rotation knows any position; only this says how many the model takes.
		m.config.ContextLength = max(m.config.ContextLength, tokens)
	}
	for _, cache := range []dtype.DType{dtype.F32, dtype.F16, dtype.Q8_0} {
		one.cache, three.cache = cache, cache
		ids := make([]int32, tokens)
		for i := range ids {
			ids[i] = int32(i*i*17+i) % int32(one.config.VocabSize)
		}
		want := inBatches(t, one, ids, tokens)
		for _, batch := range []int{1, 7, splitTokens, splitTokens + 1, 100, tokens} {
			require.True(t, slices.Equal(want, inBatches(t, three, ids, batch)), "%v, batches of %d", cache, batch)
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
