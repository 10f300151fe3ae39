package engine

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bitnet-go/bitnet/bitnet-inference/sample"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// A turn is one call of Generate and how it is to end, if it gets that far.
type turn struct {
	prompt  []int32
	options Options
	end     Reason // StopToken, Stopped or Interrupted
	after   int    // that many tokens
}

// An outcome is all that a turn does and leaves behind, except how long it took.
type outcome struct {
	emitted []int32
	result  Result
	err     error
	seen    []int32
	cached  int
}

func (u turn) run(s *Session, how Speculation) outcome {
	u.options.Speculate = how
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var o outcome
	o.result, o.err = s.Generate(ctx, u.prompt, u.options, func(id int32) bool {
		o.emitted = append(o.emitted, id)
		now := len(o.emitted) == u.after
		if now && u.end == Interrupted {
			cancel()
		}
		return !now || u.end != Stopped
	})
	o.seen, o.cached = slices.Clone(s.seen.Tokens()), s.state.Len()
	return o
}

// timeless returns o without what guessing may change.
func (o outcome) timeless() outcome {
	o.result.Prefill, o.result.Decode, o.result.Drafted, o.result.Accepted = 0, 0, 0, 0
	return o
}

// drawTurn draws the next turn of a session, which may continue what was said.
func drawTurn(t *rapid.T, vocabulary int32, said []int32) turn {
	var u turn
	// Little variety in prompts, and penalties that reward repetition, make
	// guesses that come true.
	word := rapid.SliceOfN(rapid.Int32Range(0, vocabulary-1), 1, 4).Draw(t, "word")
	for range rapid.IntRange(1, 4).Draw(t, "repeats") {
		u.prompt = append(u.prompt, word...)
	}
	if rapid.Bool().Draw(t, "goes on") {
		u.prompt = append(slices.Clone(said), u.prompt[:1]...)
	}
	maybe := func(name string, least, most int) int {
		if !rapid.Bool().Draw(t, name+"?") {
			return 0
		}
		return rapid.IntRange(least, most).Draw(t, name)
	}
	u.options = Options{
		Sampling: sample.Options{
			Temperature:      float32(maybe("tenths", 1, 15)) / 10,
			TopK:             maybe("top-k", 1, 50),
			FrequencyPenalty: -float32(maybe("repeat", 1, 20)),
			PenaltyWindow:    rapid.IntRange(-1, 20).Draw(t, "window"),
			Seed:             rapid.Uint64().Draw(t, "seed"),
		},
		MaxTokens: 80 - rapid.IntRange(0, 79).Draw(t, "fewer tokens"),
		Slide:     rapid.Bool().Draw(t, "slide"),
		Keep:      rapid.IntRange(0, 5).Draw(t, "keep"),
	}
	u.end = rapid.SampledFrom([]Reason{MaxTokens, StopToken, Stopped, Interrupted}).Draw(t, "end")
	u.after = 40 - rapid.IntRange(0, 39).Draw(t, "earlier")
	return u
}

// stopAhead makes the token that comes at the turn's end its stop token.
func (u *turn) stopAhead(t *rapid.T, m *transformer.Model, size int) {
	scout, err := NewSession(m, size)
	require.NoError(t, err)
	defer scout.Close()
	if ahead := u.run(scout, SpeculateOff).emitted; len(ahead) > 0 {
		u.options.Stop = []int32{ahead[min(u.after, len(ahead))-1]}
	}
}

// TestSpeculationChangesNothing: whatever is guessed and wherever generation ends,
// tokens, result and what the session remembers are those of plain decoding.
func TestSpeculationChangesNothing(t *testing.T) {
	var drafted, accepted int
	ended := map[Reason]int{} // turns that ended with guesses accepted
	for _, name := range []string{"bitnet-2b4t-packed", "llama-bitlinear-packed"} {
		one, two := openNamed(t, name, 1), openNamed(t, name, 2)
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				size := rapid.IntRange(20, 120).Draw(t, "context")
				plain, err := NewSession(one, size)
				require.NoError(t, err)
				defer plain.Close()
				guessing, err := NewSession(two, size)
				require.NoError(t, err)
				defer guessing.Close()
				switch draft := rapid.IntRange(0, 2).Draw(t, "draft"); draft {
				case 0: // as many as possible
					guessing.draft = func(most int) int { return most }
				case 1:
					rng := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "lengths")))
					guessing.draft = func(most int) int { return rng.IntN(most + 1) }
				}
				var said []int32
				for range rapid.IntRange(1, 3).Draw(t, "turns") {
					u := drawTurn(t, int32(one.Config().VocabSize), said)
					if u.end == StopToken {
						u.stopAhead(t, one, size)
					}
					want := u.run(plain, SpeculateOff)
					require.Zero(t, want.result.Drafted)
					got := u.run(guessing, SpeculateAuto)
					drafted += got.result.Drafted
					accepted += got.result.Accepted
					if got.result.Accepted > 0 {
						ended[got.result.Reason]++
					}
					require.LessOrEqual(t, got.result.Accepted, got.result.Drafted)
					require.Equal(t, want.timeless(), got.timeless())
					require.Equal(t, len(got.seen), got.cached)
					said = slices.Concat(got.seen, got.emitted[max(0, len(got.emitted)-1):])
				}
			})
		})
	}
	t.Logf("%d tokens guessed, %d accepted; %v", drafted, accepted, ended)
	require.Positive(t, accepted)
	require.Greater(t, drafted, accepted)
	if !testing.Short() { // a fifth of the sessions is too few for this
		require.GreaterOrEqual(t, len(ended), 4, "ways in which turns with accepted guesses ended")
	}
}

// TestRoom: no guess is computed for which there is no token to come.
func TestRoom(t *testing.T) {
	s := session(t, open(t, 1), 20)
	generate(t, s, prompt, Options{MaxTokens: 1})
	for _, tt := range []struct{ maxTokens, emitted, want int }{
		{0, 1, 12}, {100, 1, 12}, {2, 1, 0}, {5, 1, 3}, {13, 1, 11}, {14, 1, 12},
	} {
		require.Equal(t, tt.want, s.room(&Options{MaxTokens: tt.maxTokens}, tt.emitted), "%+v", tt)
	}
	require.Equal(t, maxGuess, session(t, s.model, 200).room(&Options{}, 1))
}
