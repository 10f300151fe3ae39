package score

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// onlyScore hides that a scorer is fast.
type onlyScore struct{ Scorer }

func draw(rng *rand.Rand, vocab, n int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = rng.Int32N(int32(vocab))
	}
	return ids
}

// TestLogProbs: sequences computed together have the probabilities of each for itself,
// from the logits, in their order; also those that fill a pass, cross from one to the next
// and predict nothing.
func TestLogProbs(t *testing.T) {
	_, f, slow := load(t, golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed"))
	c := f.Config()
	rng := rand.New(rand.NewPCG(1, 2))
	var all []Sequence
	for _, n := range []int{1, 2, 0, 3, c.ContextLength, c.ContextLength, 17, 30, c.ContextLength - 1, 1, 2, 100, 90, 80, 70, 60, 50} {
		all = append(all, Sequence{draw(rng, c.VocabSize, n), 1 + rng.IntN(n+2)})
	}
	require.Greater(t, len(all)*c.ContextLength, 2*transformer.MaxBatch)
	collect := func(s Scorer) (got [][]float64) {
		require.NoError(t, LogProbs(t.Context(), s, all, func(i int, l []float64) error {
			require.Len(t, got, i)
			require.Len(t, l, max(len(all[i].IDs)-all[i].From, 0), "sequence %d", i)
			got = append(got, append([]float64{}, l...))
			return nil
		}))
		return got
	}
	got, want := collect(f), collect(onlyScore{f})
	require.Len(t, got, len(all))
	for i := range got {
		require.InDeltaSlice(t, want[i], got[i], 1e-6, "sequence %d", i)
	}
	const few = 4
	all = all[:few]
	for i, l := range collect(slow) {
		require.InDeltaSlice(t, l, got[i], 0.02, "sequence %d against the reference path", i)
	}
}

// TestChoices: endings have the probabilities that they have as ends of sequences.
func TestChoices(t *testing.T) {
	_, f, _ := load(t, golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed"))
	c := f.Config()
	rng := rand.New(rand.NewPCG(3, 4))
	var questions []Question
	for i := range 60 {
		q := Question{Context: draw(rng, c.VocabSize, 1+rng.IntN(c.ContextLength-20))}
		for range i % 6 { // none, too
			q.Endings = append(q.Endings, draw(rng, c.VocabSize, 1+rng.IntN(20)))
		}
		questions = append(questions, q)
	}
	collect := func(s Scorer) (got [][][]float64) {
		require.NoError(t, Choices(t.Context(), s, questions, func(i int, l [][]float64) error {
			require.Len(t, got, i)
			require.Len(t, l, len(questions[i].Endings))
			got = append(got, append([][]float64{}, l...))
			return nil
		}))
		return got
	}
	got, want := collect(f), collect(onlyScore{f})
	require.Len(t, got, len(questions))
	for i := range got {
		for e := range got[i] {
			require.InDeltaSlice(t, want[i][e], got[i][e], 1e-6, "question %d, ending %d", i, e)
		}
	}
}

// TestLogProbsErrors: wrong input is named by its number, and an end by the visitor or
// the context frees what was under way, which load looks after.
func TestLogProbsErrors(t *testing.T) {
	_, f, slow := load(t, golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed"))
	n := f.Config().ContextLength
	stop := errors.New("stop")
	for _, s := range []Scorer{f, slow} {
		none := func(int, []float64) error { return stop }
		noneOf := func(int, [][]float64) error { return stop }
		ctx, cancel := context.WithCancel(t.Context())
		good := Sequence{[]int32{1, 2}, 1}
		require.ErrorContains(t, LogProbs(ctx, s, []Sequence{good, {make([]int32, n+1), 1}}, none), "sequence 2: ")
		require.ErrorContains(t, LogProbs(ctx, s, []Sequence{{[]int32{-1}, 1}}, none), "sequence 1: token id -1")
		require.ErrorIs(t, LogProbs(ctx, s, []Sequence{good}, none), stop)
		require.ErrorContains(t, Choices(ctx, s, []Question{{nil, [][]int32{{1}}}}, noneOf), "question 1: the beginning has no tokens")
		require.ErrorContains(t, Choices(ctx, s, []Question{{[]int32{-1}, nil}}, noneOf), "question 1: token id -1")
		require.ErrorContains(t, Choices(ctx, s, []Question{{make([]int32, n+1), nil}}, noneOf), "question 1: ")
		require.ErrorContains(t, Choices(ctx, s, []Question{{[]int32{1}, [][]int32{{1}, nil}}}, noneOf), "question 1: ending 2 has no tokens")
		require.ErrorContains(t, Choices(ctx, s, []Question{{[]int32{1}, [][]int32{make([]int32, n)}}}, noneOf), "question 1: ending 1: ")
		require.ErrorIs(t, Choices(ctx, s, []Question{{[]int32{1}, [][]int32{{1}}}}, noneOf), stop)
		cancel()
		require.ErrorIs(t, LogProbs(ctx, s, []Sequence{good}, none), context.Canceled)
		require.ErrorIs(t, Choices(ctx, s, []Question{{[]int32{1}, [][]int32{{1}}}}, noneOf), context.Canceled)
	}
	require.PanicsWithValue(t, "score: the first token is predicted from nothing", func() {
		_ = LogProbs(t.Context(), f, []Sequence{{[]int32{1, 2}, 0}}, nil)
	})
}

// TestGroups: groups follow one another, and memory goes by the positions that they take,
// not by their tokens, which are fewer in short texts.
func TestGroups(t *testing.T) {
	ck, f, _ := load(t, golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed"))
	b := newBatch(f.(fast).m)
	defer b.release()
	lengths := make([]int, 1000)
	for i := range lengths {
		lengths[i] = []int{2, 0, 2, ck.Config.ContextLength}[i/250]
	}
	next, groups := 0, 0
	require.NoError(t, b.groups(len(lengths), func(i int) int { return lengths[i] }, func(first int, runs []transformer.Run) error {
		require.Equal(t, next, first)
		held := 0
		for i, r := range runs {
			if lengths[first+i] == 0 {
				require.Nil(t, r.State)
				continue
			}
			require.GreaterOrEqual(t, r.State.Cap(), lengths[first+i])
			held += r.State.Cap()
		}
		require.Less(t, held, 2*(groupPositions+ck.Config.ContextLength))
		next += len(runs)
		groups++
		return nil
	}))
	require.Equal(t, len(lengths), next)
	require.Greater(t, groups, 4)
	stop := errors.New("stop")
	require.ErrorIs(t, b.groups(1, func(int) int { return 1 }, func(int, []transformer.Run) error { return stop }), stop)
}
