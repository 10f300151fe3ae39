package transformer

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/screen"
)

// given is noise that was drawn before.
type given []float64

// At implements [screen.Noise].
func (g given) At(id int32, least float64) (float64, bool) { return g[id], g[id] >= least }

// TestScreenOfFable counts the rows of a trained head that the screen looks at again
// and computes, at the hidden states of real texts, and holds its answers to all
// logits.
func TestScreenOfFable(t *testing.T) {
	if testing.Short() {
		t.Skip("long: a pass over 345 tokens")
	}
	dir := golden.Path(t, "models", "fable-29m")
	var want struct {
		Greedy []struct {
			IDs   []int32 `json:"ids"`
			Start []int32 `json:"prompt_ids"`
		}
	}
	golden.JSON(t, dir+"/expect.json", &want)
	ck, err := checkpoint.Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, ck.Close()) }()
	w, err := ck.Weights()
	require.NoError(t, err)
	pool := parallel.New(2)
	defer pool.Close()
	m, err := New(ck.Config, w, Options{Pool: pool, Head: HeadScreened})
	require.NoError(t, err)
	defer m.Close()

	rng := rand.New(rand.NewPCG(1, 2))
	noise := make(given, ck.Config.VocabSize)
	logits := make([]float32, ck.Config.VocabSize)
	search := m.NewSearch()
	top := func(k int) func() bool {
		return func() bool {
			top, ok := search.Top(nil, k)
			require.True(t, ok)
			above := 0
			for _, l := range logits {
				if l > top[k-1].Logit {
					above++
				}
			}
			return above < k && sameLogits(top, logits)
		}
	}
	draw := func(scale float64) func() bool {
		return func() bool {
			id, ok := search.Perturbed(scale, noise)
			require.True(t, ok)
			sum := float64(float64(logits[id])*scale) + noise[id]
			for i, l := range logits {
				if float64(float64(l)*scale)+noise[i] > sum {
					return false
				}
			}
			return true
		}
	}
	questions := []struct {
		name     string
		computed float64 // rows at most, on average
		right    func() bool
	}{
		{"greedy", 5, top(1)},
		{"top-40", 60, top(40)},
		{"min-p 0.05", 20, func() bool {
			margin := -math.Log(0.05)
			near, ok := search.Above(nil, margin)
			require.True(t, ok)
			floor, n := float64(near[0].Logit)-margin, 0
			for _, l := range logits {
				if float64(l) >= floor {
					n++
				}
			}
			return len(near) == n && sameLogits(near, logits)
		}},
		{"temperature 1", 10, draw(1)},
		{"temperature 0.7", 10, draw(1 / 0.7)},
	}
	computed, refined := make([]int, len(questions)), make([]int, len(questions))
	positions := 0
	for _, g := range want.Greedy {
		ids := append(append([]int32(nil), g.Start...), g.IDs...)
		s, err := m.NewState(len(ids))
		require.NoError(t, err)
		hidden, err := s.Forward(t.Context(), ids)
		require.NoError(t, err)
		for i := range ids {
			positions++
			x := hidden[i*ck.Config.Dim : (i+1)*ck.Config.Dim]
			m.Logits(logits, x)
			for i := range noise {
				noise[i] = -math.Log(rng.ExpFloat64())
			}
			for j, q := range questions {
				require.True(t, search.Scan(x))
				require.True(t, q.right(), q.name)
				computed[j] += search.Computed()
				refined[j] += search.Refined()
			}
		}
		s.Release()
	}
	n := float64(positions)
	for j, q := range questions {
		t.Logf("%s: of %d rows, %.1f computed, %.1f refined at %d positions", q.name, len(logits), float64(computed[j])/n, float64(refined[j])/n, positions)
		require.Less(t, float64(computed[j])/n, q.computed, q.name)
	}
}

func sameLogits(c []screen.Candidate, logits []float32) bool {
	for _, c := range c {
		if c.Logit != logits[c.ID] {
			return false
		}
	}
	return true
}
