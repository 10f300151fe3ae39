package score

import (
	"errors"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/vecmath"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// defined is a divergence as it is defined, in float64.
func defined(x, y []float32, next int32) (kl, logBase, logModel float64) {
	logs := func(x []float32) []float64 {
		wide := make([]float64, len(x))
		for i, v := range x {
			wide[i] = float64(v)
		}
		sum := logSumExp(wide)
		for i := range wide {
			wide[i] -= sum
		}
		return wide
	}
	p, q := logs(x), logs(y)
	for i := range p {
		kl += math.Exp(p[i]) * (p[i] - q[i])
	}
	return kl, p[next], q[next]
}

func noise(rng *rand.Rand, rows, vocab int) []float32 {
	x := make([]float32, rows*vocab)
	for i := range x {
		x[i] = float32(rng.NormFloat64() * 4)
	}
	return x
}

// of is rows in blocks.
func of(x []float32, vocab, block int) Rows {
	return func(yield func([]float32, error) bool) {
		for at := 0; at < len(x); at += block * vocab {
			if !yield(x[at:min(at+block*vocab, len(x))], nil) {
				return
			}
		}
	}
}

func TestDiverge(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const rows, vocab = 23, 311
	x, y := noise(rng, rows, vocab), noise(rng, rows, vocab)
	next := draw(rng, vocab, rows)
	var c Comparison
	require.NoError(t, Diverge(2, of(x, vocab, 5), of(y, vocab, 5), vocab, vocab, next, func(i int, d *Divergence) error {
		require.Equal(t, c.Positions(), i)
		kl, logBase, logModel := defined(x[i*vocab:][:vocab], y[i*vocab:][:vocab], next[i])
		require.InEpsilon(t, kl, d.KL, 1e-5)
		require.InDelta(t, logBase, d.LogProbBase, 1e-7)
		require.InDelta(t, logModel, d.LogProb, 1e-7)
		c.Add(d)
		return nil
	}))
	require.Equal(t, rows, c.Positions())
	ratio := c.LnRatio()
	require.InDelta(t, math.Log(c.Model.Value()/c.Base.Value()), ratio.Mean, 1e-9)
	require.Positive(t, ratio.StdErr)

	var same Comparison
	require.NoError(t, Diverge(2, of(x, vocab, 5), of(x, vocab, 5), vocab, vocab, next, func(_ int, d *Divergence) error {
		same.Add(d)
		return nil
	}))
	kl := same.KL()
	require.Zero(t, kl.Quantile(1))
	require.Equal(t, Estimate{1, 0}, same.SameTop())
	require.Equal(t, Estimate{}, same.LnRatio())

	none := func(int, *Divergence) error { return nil }
	require.ErrorContains(t, Diverge(2, of(x, vocab, 5), of(y[:21*vocab], vocab, 5), vocab, vocab, nil, none), "base has more positions than the model, which has 21")
	require.ErrorContains(t, Diverge(2, of(x[:20*vocab], vocab, 5), of(y, vocab, 5), vocab, vocab, nil, none), "model has more positions than the base, which has 20")
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		z := append([]float32{}, y...)
		z[3] = float32(v)
		require.ErrorIs(t, Diverge(2, of(x, vocab, 5), of(z, vocab, 5), vocab, vocab, nil, none), ErrLogits)
		require.ErrorIs(t, Diverge(2, of(z, vocab, 5), of(x, vocab, 5), vocab, vocab, nil, none), ErrLogits)
		y[vocab-1] = -500 // of no probability in float32
		z[vocab-1] = float32(v)
		require.ErrorIs(t, Diverge(2, of(y, vocab, 5), of(z, vocab, 5), vocab, vocab, nil, none), ErrLogits)
	}
	mine := errors.New("mine")
	require.ErrorIs(t, Diverge(2, of(x, vocab, 5), of(x, vocab, 5), vocab, vocab, nil, func(int, *Divergence) error { return mine }), mine)
}

// TestDivergeThreads: as many rows are compared at a time as there are to be threads.
func TestDivergeThreads(t *testing.T) {
	for _, threads := range []int{1, 3} {
		const n = 20
		var calls [n]atomic.Int32
		var now, most atomic.Int32
		each(threads, n, 0, func(i int, _ []float32) {
			calls[i].Add(1)
			for here := now.Add(1); ; {
				if m := most.Load(); here <= m || most.CompareAndSwap(m, here) {
					break
				}
			}
			time.Sleep(time.Millisecond)
			now.Add(-1)
		})
		require.LessOrEqual(t, int(most.Load()), threads)
		for i := range calls {
			require.EqualValues(t, 1, calls[i].Load())
		}
	}
}

func TestDistribution(t *testing.T) {
	var v []float64
	for i := range 100 {
		v = append(v, float64((i*37)%100+1))
	}
	d := NewDistribution(v)
	require.InDelta(t, 50.5, d.Mean, 1e-9)
	require.InDelta(t, math.Sqrt(833.25/99), d.StdErr, 1e-9)
	for share, want := range map[float64]float64{0: 1, 0.01: 1, 0.5: 50, 0.99: 99, 0.999: 100, 1: 100} {
		require.InDelta(t, want, d.Quantile(share), 0, "%v", share)
	}
}

// TestPredictions: each row is what predicts one of the tokens.
func TestPredictions(t *testing.T) {
	_, f, _ := load(t, golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed"))
	c := f.Config()
	rng := rand.New(rand.NewPCG(9, 10))
	var all []Sequence
	for i, n := range []int{5, 0, 1, 40, 12} {
		all = append(all, Sequence{draw(rng, c.VocabSize, n), []int{1, 1, 1, 30, 20}[i]})
	}
	next := Predicted(all)
	require.Len(t, next, 4+10)
	var got, want []float64
	for x, err := range Predictions(t.Context(), f, all, 3) {
		require.NoError(t, err)
		for ; len(x) > 0; x = x[c.VocabSize:] {
			got = append(got, float64(x[next[len(got)]])-vecmath.LogSumExp(x[:c.VocabSize]))
		}
	}
	require.NoError(t, LogProbs(t.Context(), f, all, func(_ int, l []float64) error {
		want = append(want, l...)
		return nil
	}))
	require.Equal(t, want, got)
	all[3].IDs[39] = int32(c.VocabSize) // predicted, not read
	for _, err := range Predictions(t.Context(), f, all, 3) {
		require.ErrorContains(t, err, "vocabulary")
	}
}

// TestLogitsRows: rows of many sequences are those of each for itself, in blocks of one
// size, whatever passes they come from; and whoever wants no more gets no more.
func TestLogitsRows(t *testing.T) {
	_, f, _ := load(t, golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed"))
	c := f.Config()
	rng := rand.New(rand.NewPCG(7, 8))
	var all [][]int32
	from := func(i int) int { return i * 7 % 50 }
	positions := 0
	for i, n := range []int{1, 0, 30, 100, c.ContextLength, 17, 60, c.ContextLength, 2} {
		all = append(all, draw(rng, c.VocabSize, n))
		positions += max(n-from(i), 0)
	}
	require.Greater(t, positions, 2*transformer.MaxBatch)
	const block = 19
	collect := func(s Scorer) (got []float32) {
		for x, err := range logits(t.Context(), s, all, from, block) {
			require.NoError(t, err)
			require.Len(t, x, min(block, positions-len(got)/c.VocabSize)*c.VocabSize)
			got = append(got, x...)
		}
		return got
	}
	want, got := collect(onlyScore{f}), collect(f)
	require.Len(t, got, positions*c.VocabSize)
	require.Equal(t, want, got)
	for _, s := range []Scorer{f, onlyScore{f}} {
		blocks := 0
		for range logits(t.Context(), s, all, from, block) {
			if blocks++; blocks == 2 {
				break
			}
		}
		require.Equal(t, 2, blocks)
		failed := 0
		for _, err := range Logits(t.Context(), s, [][]int32{{1}, {-1}}, block) {
			require.ErrorContains(t, err, "sequence 2: token id -1")
			failed++
		}
		require.Equal(t, 1, failed)
	}
}
