package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-inference/lookup"
	"github.com/bitnet-go/bitnet/bitnet-inference/sample"
	"github.com/bitnet-go/bitnet/bitnet-inference/screen"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// A Session generates from one model and remembers the tokens it has computed:
// a prompt that begins as the last one did, as in a chat, computes only what is
// new. Files carry that over to other sessions of the model. It belongs to one goroutine at a time.
type Session struct {
	model *transformer.Model
	state *transformer.State
	// seen is the tokens in the state's cache, where guesses are looked up. Only
	// while tokens are guessed does the cache hold more: the guesses that follow.
	seen      lookup.Index
	positions []*position // after the last token seen and after each guess
	searches  []*screen.Search
	logits    []float32 // (rows, V), where all are computed
	needsAll  bool      // the sampler asks for all logits
	rest      int       // passes to go without a screen
	steps     int       // decoded with the screen complete
	guess     guess
	pace      pace

	// draft, set by tests, chooses how many of the guesses are computed.
	draft func(most int) int
}

// NewSession starts an empty session with room for contextLength tokens; 0 means
// the model's own context length. Close frees it.
func NewSession(m *transformer.Model, contextLength int) (*Session, error) {
	if contextLength == 0 {
		contextLength = m.Config().ContextLength
	}
	state, err := m.NewState(contextLength)
	if err != nil {
		return nil, err
	}
	return &Session{model: m, state: state, pace: newPace()}, nil
}

// Close frees the KV cache.
func (s *Session) Close() { s.state.Release() }

// ContextLength returns how many tokens prompt and answer may have together.
func (s *Session) ContextLength() int { return s.state.Cap() }

// Options say how to generate. The zero value samples greedily until the context
// is full.
type Options struct {
	Sampling  sample.Options
	MaxTokens int     // 0: no limit but the context
	Stop      []int32 // a token that ends generation; it is emitted, too
	// Slide drops old tokens when the context is full and goes on, where
	// otherwise generation would end. The first Keep tokens always stay.
	Slide bool
	Keep  int
	// Speculate says whether to guess tokens. It changes the speed and nothing else.
	Speculate Speculation
	// Progress, if set, is called during prefill with the number of prompt
	// tokens computed so far and in all.
	Progress func(done, total int)
	// Prefilled, if set, is called when the prompt has been computed, before a
	// token is picked. The session then holds the prompt and nothing else, so it
	// is the time for [Session.SavePrompt]. An error ends generation.
	Prefilled func(Result) error
}

// A Reason says why generation ended.
type Reason string

const (
	StopToken   Reason = "stop token"
	MaxTokens   Reason = "token limit"
	ContextFull Reason = "context full"
	Stopped     Reason = "stopped by caller" // emit returned false
	Interrupted Reason = "interrupted"       // the context.Context ended
)

// A Result counts what a call of Generate did.
type Result struct {
	Reason        Reason
	PromptTokens  int // length of the prompt
	CachedTokens  int // prompt tokens remembered from earlier calls or [Session.LoadPrompt]
	PrefillTokens int // prompt tokens computed
	Prefill       time.Duration
	DecodeTokens  int // tokens emitted
	Decode        time.Duration
	Drafted       int // tokens guessed and computed along with others
	Accepted      int // of these, tokens that came to be and took no step of their own
	Dropped       int // tokens that slid out of the context
}

// ErrEmptyPrompt reports a prompt without tokens.
var ErrEmptyPrompt = errors.New("the prompt has no tokens, and this model has no beginning-of-text token to start from")

// A PromptTooLongError reports a prompt that leaves no room for an answer.
type PromptTooLongError struct{ Tokens, Context int }

func (e *PromptTooLongError) Error() string {
	return fmt.Sprintf("the prompt has %d tokens and the context holds %d; shorten the prompt or raise the context length", e.Tokens, e.Context)
}

// Generate computes the whole prompt and then calls emit with every new token
// until emit returns false or the Result's Reason says why else. The Result
// counts what was done also when an error is returned; the error is ctx's own
// when ctx ended.
func (s *Session) Generate(ctx context.Context, prompt []int32, o Options, emit func(id int32) bool) (Result, error) {
	r := Result{PromptTokens: len(prompt)}
	if len(prompt) == 0 {
		return r, ErrEmptyPrompt
	}
	if len(prompt) >= s.state.Cap() {
		return r, &PromptTooLongError{len(prompt), s.state.Cap()}
	}
	if err := o.Sampling.Validate(); err != nil {
		return r, err
	}
	sampler := sample.New(o.Sampling, s.model.Config().VocabSize)
	s.needsAll = sampler.NeedsAll()
	start := time.Now()
	var err error
	r.CachedTokens, r.PrefillTokens, err = s.prefill(ctx, prompt, o.Progress)
	r.Prefill = time.Since(start)
	s.pace.prefilled(r.PrefillTokens, r.Prefill)
	if err != nil {
		return interrupted(r, err)
	}
	if o.Prefilled != nil {
		if err := o.Prefilled(r); err != nil {
			return r, err
		}
	}
	for _, id := range prompt {
		sampler.Accept(id)
	}
	start = time.Now()
	err = s.decode(ctx, sampler, &o, &r, emit)
	r.Decode = time.Since(start)
	return interrupted(r, err)
}

// decode picks and emits token after token, the first from the logits that
// prefill left.
func (s *Session) decode(ctx context.Context, sampler *sample.Sampler, o *Options, r *Result, emit func(id int32) bool) error {
	defer s.dropGuess()
	for {
		id := sampler.Pick(s.positions[s.guess.at])
		sampler.Accept(id)
		r.DecodeTokens++
		more := emit(id)
		switch {
		case slices.Contains(o.Stop, id):
			r.Reason = StopToken
			return nil
		case !more:
			r.Reason = Stopped
			return nil
		case r.DecodeTokens == o.MaxTokens:
			r.Reason = MaxTokens
			return nil
		}
		if s.expected(id) {
			if err := ctx.Err(); err != nil {
				return err
			}
			s.seen.Append(id)
			s.guess.at++
			r.Accepted++
			continue
		}
		s.dropGuess()
		if s.seen.Len()+1 >= s.state.Cap() {
			if !o.Slide {
				r.Reason = ContextFull
				return nil
			}
			dropped, err := s.slide(ctx, o.Keep)
			r.Dropped += dropped
			if err != nil {
				return err
			}
		}
		drafted, err := s.step(ctx, id, o, r.DecodeTokens)
		if err != nil {
			return err
		}
		r.Drafted += drafted
	}
}

func interrupted(r Result, err error) (Result, error) {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		r.Reason = Interrupted
	}
	return r, err
}

// prefill brings the state to prompt, reusing what it shares with the tokens
// already there, and leaves the logits after its last token. It returns how many
// tokens were there and how many it computed.
func (s *Session) prefill(ctx context.Context, prompt []int32, progress func(done, total int)) (same, computed int, err error) {
	seen := s.seen.Tokens()
	for same < len(prompt)-1 && same < len(seen) && prompt[same] == seen[same] {
		same++
	}
	s.seen.Truncate(same)
	s.state.Truncate(same)
	for {
		part := prompt[same+computed:]
		part = part[:min(len(part), transformer.MaxBatch)]
		rows := 0
		if same+computed+len(part) == len(prompt) {
			rows = 1
		}
		if err := s.forward(ctx, part, rows); err != nil {
			return same, computed, err
		}
		s.seen.Append(part...)
		computed += len(part)
		if progress != nil {
			progress(same+computed, len(prompt))
		}
		if same+computed == len(prompt) {
			return same, computed, nil
		}
	}
}

// slide drops the older half of the tokens after the first keep and computes the
// others anew, at their new positions.
func (s *Session) slide(ctx context.Context, keep int) (dropped int, err error) {
	keep = min(keep, s.state.Cap()/2)
	seen := s.seen.Tokens()
	dropped = (len(seen) - keep + 1) / 2
	rest := slices.Concat(seen[:keep], seen[keep+dropped:])
	_, _, err = s.prefill(ctx, rest, nil)
	return dropped, err
}

// forward appends ids to the state and prepares the logits after the last rows of
// them.
func (s *Session) forward(ctx context.Context, ids []int32, rows int) error {
	hidden, err := s.state.Forward(ctx, ids)
	if err != nil {
		return err
	}
	s.compute(hidden, rows)
	return nil
}
