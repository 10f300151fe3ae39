package engine

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-inference/sample"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

func openHead(t *testing.T, head transformer.Head) *transformer.Model {
	t.Helper()
	return openOptions(t, "bitnet-2b4t-packed", 2, transformer.Options{Head: head})
}

// TestScreenedEqualsFull: whatever the sampler asks for, guesses or not, the screened
// head leads to the full head's tokens, and is what was used where it can be.
func TestScreenedEqualsFull(t *testing.T) {
	full, screened := openHead(t, transformer.HeadFull), openHead(t, transformer.HeadScreened)
	require.Nil(t, full.Screen())
	require.NotNil(t, screened.Screen())
	prompt := []int32{106, 5, 77, 106, 5, 77, 106, 5}
	for name, c := range map[string]struct {
		o sample.Options
		// all: every step computes all logits, as the sampler says.
		all bool
	}{
		"greedy":                  {o: sample.Options{}},
		"greedy, penalties":       {o: sample.Options{RepeatPenalty: 1.3, FrequencyPenalty: 0.1}},
		"greedy, rewards":         {o: sample.Options{FrequencyPenalty: -1, PenaltyWindow: 20}},
		"top-k":                   {o: sample.Options{Temperature: 0.9, TopK: 20, Seed: 1}},
		"top-k, top-p, min-p":     {o: sample.Options{Temperature: 0.9, TopK: 10, TopP: 0.9, MinP: 0.05, Seed: 2}},
		"top-k, penalties":        {o: sample.Options{Temperature: 0.7, TopK: 12, RepeatPenalty: 1.2, PenaltyWindow: 5, Seed: 3}},
		"min-p":                   {o: sample.Options{Temperature: 0.5, MinP: 0.7, Seed: 4}},
		"temperature alone":       {o: sample.Options{Temperature: 0.1, Seed: 5}},
		"top-p alone":             {o: sample.Options{Temperature: 0.8, TopP: 0.3, Seed: 6}, all: true},
		"temperature, penalties":  {o: sample.Options{Temperature: 0.8, PresencePenalty: 1, Seed: 7}, all: true},
		"more than can be helped": {o: sample.Options{Temperature: 0.8, TopK: 400, Seed: 8}},
		"flat":                    {o: sample.Options{Temperature: 1, MinP: 0.001, Seed: 9}},
	} {
		for _, how := range []Speculation{SpeculateOff, SpeculateAuto} {
			t.Run(name, func(t *testing.T) {
				o := Options{MaxTokens: 60, Sampling: c.o, Speculate: how}
				a, b := session(t, full, 0), session(t, screened, 0)
				if how == SpeculateAuto {
					a.draft = func(most int) int { return min(most, 4) }
					b.draft = a.draft
				}
				want, _ := generate(t, a, prompt, o)
				got, _ := generate(t, b, prompt, o)
				require.Equal(t, want, got)
				require.Equal(t, c.all, b.needsAll)
				if c.all {
					require.Empty(t, b.searches)
				}
				switch name {
				case "more than can be helped", "flat":
					require.Positive(t, b.rest, "the screen was not refused")
				case "greedy", "top-k", "min-p":
					require.NotEmpty(t, b.searches)
					require.Nil(t, b.logits, "all logits were computed")
					for _, p := range b.positions {
						require.Nil(t, p.dense, "all logits were computed")
					}
				}
			})
		}
	}
}

// TestNotFinite: a state that cannot be screened takes the full head.
func TestNotFinite(t *testing.T) {
	m := openHead(t, transformer.HeadScreened)
	s := session(t, m, 0)
	hidden := make([]float32, m.Config().Dim)
	hidden[3] = float32(math.Inf(1))
	s.compute(hidden, 1)
	p := s.positions[0]
	require.False(t, p.screened())
	require.Equal(t, sample.Greedy(p.All()), p.Top(nil, 1)[0].ID)
}
