package compare

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// table is a scorer whose logits after a token are a row.
type table struct {
	rows [][]float64
	fail int // position at which it fails; 0: never
}

var errTable = errors.New("no such row")

func (s table) Config() model.Config {
	return model.Config{VocabSize: len(s.rows[0]), ContextLength: 10}
}

func (s table) Score(ctx context.Context, ids []int32, visit func(int, []float64) error) error {
	for i, id := range ids {
		if s.fail > 0 && i == s.fail {
			return errTable
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := visit(i, s.rows[id]); err != nil {
			return err
		}
	}
	return nil
}

func logs(p ...float64) []float64 {
	for i := range p {
		p[i] = math.Log(p[i])
	}
	return p
}

func TestLogits(t *testing.T) {
	a := table{rows: [][]float64{logs(0.5, 0.25, 0.25), logs(0.2, 0.2, 0.6)}}
	b := table{rows: [][]float64{logs(0.25, 0.5, 0.25), logs(0.2, 0.2, 0.6)}}
	steps := 0
	p, err := Logits(t.Context(), a, b, [][]int32{{1, 1}, {1, 0}}, func(done, total int) {
		steps++
		require.Equal(t, steps, done)
		require.Equal(t, 4, total)
	})
	require.NoError(t, err)
	want := 0.25 * math.Log(2) // 0.5·ln 2 − 0.25·ln 2
	require.InDelta(t, want, p.KL.Max, 1e-6)
	require.InDelta(t, want/4, p.KL.Mean, 1e-6)
	require.InDelta(t, want, p.KL.P90, 1e-6)
	require.InDelta(t, 0, p.KL.P50, 1e-6)
	require.InDelta(t, math.Log(2), p.Most, 1e-6)
	require.InDelta(t, 0.75, p.SameTop, 1e-6)
	require.Equal(t, &Parting{Text: 1, Position: 1, A: 0, B: 1}, p.First)
	require.Equal(t, 4, p.Positions)

	// Tokens that one model has not are left out.
	wide := table{rows: [][]float64{append(logs(0.5, 0.25, 0.25), 9), append(logs(0.2, 0.2, 0.6), 9)}}
	p, err = Logits(t.Context(), a, wide, [][]int32{{1, 0}}, nil)
	require.NoError(t, err)
	require.Equal(t, 3, p.Vocab)
	require.InDelta(t, 0, p.KL.Max, 1e-6)
	require.Nil(t, p.First)
}

func TestLogitsFail(t *testing.T) {
	good := table{rows: [][]float64{{1, 2}, {2, 1}}}
	bad := good
	bad.fail = 1
	ids := [][]int32{{0, 1, 0}}
	for range 20 { // whichever goroutine comes first
		_, err := Logits(t.Context(), good, bad, ids, nil)
		require.ErrorIs(t, err, errTable)
		_, err = Logits(t.Context(), bad, good, ids, nil)
		require.ErrorIs(t, err, errTable)
	}
	nan := table{rows: [][]float64{{1, math.NaN()}, {2, 1}}}
	_, err := Logits(t.Context(), good, nan, ids, nil)
	require.ErrorContains(t, err, "not finite")
	_, err = Logits(t.Context(), good, good, nil, nil)
	require.ErrorContains(t, err, "no tokens")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Logits(ctx, good, good, ids, nil)
	require.ErrorIs(t, err, context.Canceled)
}
