package engine

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A machine takes single for a step of one token and extra of that for each more.
type machine struct {
	single time.Duration
	extra  float64
	spikes float64 // share of steps that take ten times as long
}

// decode runs a pace through tokens of a text in which guesses after a match of
// that length come true with probability right, and returns the time, as a share of
// the time without guessing.
func (m machine) decode(p *pace, rng *rand.Rand, tokens, match int, right float64) float64 {
	var spent float64
	for made := 0; made < tokens; {
		n := p.length(match, maxGuess)
		took := float64(m.single) * (1 + m.extra*float64(n))
		spent += took
		if rng.Float64() < m.spikes {
			took *= 10
		}
		p.took(n, time.Duration(took))
		made++
		for i := range n + 1 {
			hit := rng.Float64() < right
			p.guessed(match+i, hit)
			if !hit || i == n {
				break
			}
			made++
		}
	}
	return spent / float64(tokens) / float64(m.single)
}

// TestPace: text in which guesses fail costs at most 2 %, copied text is as much
// faster as the machine allows, and both still hold after the other kind of text.
func TestPace(t *testing.T) {
	for _, m := range []machine{
		{time.Millisecond, 0.05, 0}, {50 * time.Millisecond, 0.1, 0.02}, {time.Millisecond, 0.5, 0.02}, {time.Millisecond, 0.95, 0.02},
	} {
		rng := rand.New(rand.NewPCG(1, 2))
		p := newPace()
		for range 3 {
			for _, match := range []int{2, 4, 8, 16} {
				require.LessOrEqual(t, m.decode(&p, rng, 1000, match, 0.02), 1.02, "%+v, match %d", m, match)
				require.LessOrEqual(t, m.decode(&p, rng, 1000, match, 0.6), 1.02, "%+v, match %d", m, match)
			}
			bound := (1 + m.extra*maxGuess) / (1 + maxGuess) // every step a full one
			require.LessOrEqual(t, m.decode(&p, rng, 2000, 8, 0.995), 1.25*bound+0.02, "%+v", m)
		}
	}
}

func TestPaceNeedsAMeasure(t *testing.T) {
	p := newPace()
	require.Zero(t, p.length(16, maxGuess), "before any step was timed")
	p.took(3, time.Second)
	require.Zero(t, p.length(16, maxGuess))
	p.took(0, time.Millisecond)
	require.Positive(t, p.length(16, maxGuess))
	require.Zero(t, p.length(16, 0))
	require.Zero(t, p.length(2, maxGuess))
}

// TestPaceLearnsFromThePrompt: where a prompt's tokens cost little beside a single
// one, guesses of a short match pay at once; a short prompt says nothing.
func TestPaceLearnsFromThePrompt(t *testing.T) {
	for _, c := range []struct {
		tokens int
		took   time.Duration
		pays   bool
	}{
		{0, 0, false}, {tellingPrompt - 1, time.Millisecond, false}, {100, 500 * time.Millisecond, true}, {100, 10 * time.Second, false},
	} {
		p := newPace()
		p.prefilled(c.tokens, c.took)
		p.took(0, 50*time.Millisecond)
		require.Equal(t, c.pays, p.length(4, maxGuess) > 0, "%+v", c)
		require.LessOrEqual(t, p.extra, usualExtra)
	}
}
