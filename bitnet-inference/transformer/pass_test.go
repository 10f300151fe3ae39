package transformer

import (
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
)

// TestPassOfSequences: a token's logits are the same bits whichever sequences are in the
// pass with it. Sequences of every length around those at which attention is divided
// otherwise grow by random runs in random company.
func TestPassOfSequences(t *testing.T) {
	paths := []string{
		golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed"),
		golden.Committed(t, "golden", "embed", "gemma3-bitnet"),
	}
	lengths := []int{1, 2, splitTokens, splitTokens + 1, 61, nn.Chunk - 1, nn.Chunk + 44}
	for _, path := range paths {
		for _, cache := range []dtype.DType{dtype.F32, dtype.F16, dtype.Q8_0} {
			t.Run(filepath.Base(path)+"/"+cache.String(), func(t *testing.T) {
				one, three := load(t, path, 1).fast, load(t, path, 3).fast
				for _, m := range []*Model{one, three} {
					m.config.ContextLength = max(m.config.ContextLength, nn.Chunk+44)
					m.cache = cache
				}
				rng := rand.New(rand.NewPCG(7, 8))
				want, got := make([][]uint32, len(lengths)), make([][]uint32, len(lengths))
				ids, states := make([][]int32, len(lengths)), make([]*State, len(lengths))
				pass := three.NewPass()
				defer pass.Release()
				for i, n := range lengths {
					for range n {
						ids[i] = append(ids[i], rng.Int32N(int32(one.config.VocabSize)))
					}
					want[i] = inBatches(t, one, ids[i], min(n, MaxBatch))
					var err error
					states[i], err = three.NewState(n)
					require.NoError(t, err)
					defer states[i].Release()
				}
				for {
					var runs []Run
					var of []int
					left := MaxBatch
					for _, i := range rng.Perm(len(lengths)) {
						rest := ids[i][states[i].Len():]
						if len(rest) == 0 || left == 0 || rng.IntN(4) == 0 {
							continue
						}
						n := 1 + rng.IntN(min(len(rest), left))
						runs, of, left = append(runs, Run{states[i], rest[:n]}), append(of, i), left-n
					}
					if runs == nil {
						if !slices.ContainsFunc(states, func(s *State) bool { return s.Len() < s.Cap() }) {
							break
						}
						continue
					}
					hidden, err := pass.Forward(context.Background(), runs...)
					require.NoError(t, err)
					logits := make([]float32, len(hidden)/three.config.Dim*three.config.VocabSize)
					three.Logits(logits, hidden)
					for k, i := range of {
						n := len(runs[k].IDs) * three.config.VocabSize
						for _, l := range logits[:n] {
							got[i] = append(got[i], math.Float32bits(l))
						}
						logits = logits[n:]
					}
				}
				for i := range lengths {
					require.True(t, slices.Equal(want[i], got[i]), "sequence of %d", lengths[i])
				}
			})
		}
	}
}

// TestPassMistakes: a run that does not fit, of another model or twice of one State, and
// what leaves sequences as they were.
func TestPassMistakes(t *testing.T) {
	path := golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed")
	m, other := load(t, path, 1).fast, load(t, path, 1).fast
	a, b, c := start(t, m).s, start(t, m).s, start(t, other).s
	p := m.NewPass()
	defer p.Release()
	ctx, cancel := context.WithCancel(context.Background())
	forward := func(runs ...Run) func() {
		return func() { _, _ = p.Forward(ctx, runs...) }
	}
	const wrong = "transformer: Forward run"
	require.PanicsWithValue(t, wrong, forward(Run{a, nil}))
	require.PanicsWithValue(t, wrong, forward(Run{a, []int32{1}}, Run{c, []int32{1}}))
	require.PanicsWithValue(t, wrong, forward(Run{a, make([]int32, a.Cap()+1)}))
	require.PanicsWithValue(t, "transformer: Forward runs of one State", forward(Run{a, []int32{1}}, Run{a, []int32{2}}))
	require.PanicsWithValue(t, "transformer: Forward length", forward())
	_, err := p.Forward(ctx, Run{a, []int32{1}}, Run{b, []int32{int32(m.config.VocabSize)}})
	require.ErrorContains(t, err, "outside the vocabulary")
	cancel()
	_, err = p.Forward(ctx, Run{a, []int32{1}}, Run{b, []int32{2}})
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, a.Len())
	require.Zero(t, b.Len())
}
