package engine

import (
	"context"
	"time"
)

// Speculation says whether tokens are guessed from what the context holds
// (package lookup) and computed along with the one before them. A guess that the
// sampler then picks has saved a step, any other is dropped. The sampler draws as
// it would have without guesses, from logits of the same bits, so the tokens are
// the same, greedy or not: only the time they take differs.
type Speculation int

const (
	// SpeculateAuto guesses as many tokens as will pay, going by the recent past;
	// in text that does not repeat itself that is none.
	SpeculateAuto Speculation = iota
	SpeculateOff
)

// maxGuess is the number of tokens that are guessed at most. It bounds the memory
// for logits.
const maxGuess = 15

// A guess is what may follow the last token.
type guess struct {
	ids      []int32 // the last token, then those guessed
	match    int     // how much like it the context was there, from lookup
	computed int     // of those guessed, the first that are in the state
	at       int     // of these, the first that were picked and emitted
}

// step computes id, the token that was emitted last, with as many guesses as pay,
// whose number it returns, and leaves the logits after each.
func (s *Session) step(ctx context.Context, id int32, o *Options, emitted int) (drafted int, err error) {
	g := &s.guess
	g.ids = append(g.ids[:0], id)
	if o.Speculate == SpeculateAuto {
		// One more than can be computed tells, for free, whether it would have
		// been worth it.
		g.ids, g.match = s.seen.Guess(g.ids, id, maxGuess+1)
		if len(g.ids) > 1 {
			drafted = s.draftLength(g.match, s.room(o, emitted))
			g.ids = g.ids[:drafted+2]
		}
	}
	s.prepare()
	start := time.Now()
	if err := s.forward(ctx, g.ids[:1+drafted], 1+drafted); err != nil {
		return 0, err
	}
	s.pace.took(drafted, time.Since(start))
	s.seen.Append(id)
	g.computed = drafted
	return drafted, nil
}

func (s *Session) draftLength(match, room int) int {
	if s.draft != nil {
		return s.draft(room)
	}
	return s.pace.length(match, room)
}

// room returns how many guesses may be computed with the next token: as many as
// would be computed without guessing before the context or the answer is full.
func (s *Session) room(o *Options, emitted int) int {
	n := min(maxGuess, s.state.Cap()-2-s.seen.Len())
	if o.MaxTokens > 0 {
		n = min(n, o.MaxTokens-1-emitted)
	}
	return n
}

// expected reports whether id, just picked, was guessed and computed already.
func (s *Session) expected(id int32) bool {
	g := &s.guess
	if g.at+1 >= len(g.ids) {
		return false
	}
	right := g.ids[g.at+1] == id
	s.pace.guessed(g.match+g.at, right)
	return right && g.at < g.computed
}

// dropGuess takes back what was computed for tokens that were not picked.
func (s *Session) dropGuess() {
	s.state.Truncate(s.seen.Len())
	s.guess = guess{ids: s.guess.ids[:0]}
}
