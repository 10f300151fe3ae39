package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-inference/screen"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// A Test is one line of a table: either Prefill or Decode is set.
type Test struct {
	Prefill int // tokens of a prompt
	Decode  int // tokens generated
	Depth   int // tokens of context before them, not timed
}

// Name returns the test's name without its depth: pp512, tg64.
func (t Test) Name() string {
	if t.Prefill > 0 {
		return fmt.Sprintf("pp%d", t.Prefill)
	}
	return fmt.Sprintf("tg%d", t.Decode)
}

// String returns the name as llama-bench's tables have it: pp512, tg64 @ d4096.
func (t Test) String() string {
	if t.Depth > 0 {
		return fmt.Sprintf("%s @ d%d", t.Name(), t.Depth)
	}
	return t.Name()
}

// Tokens returns how many tokens a run computes.
func (t Test) Tokens() int { return t.Prefill + t.Decode }

// Positions returns the length of context that the test needs.
func (t Test) Positions() int { return t.Depth + t.Tokens() }

// A Result is the times that the runs of a test took.
type Result struct {
	Test Test
	Runs []time.Duration
}

// Rates returns the tokens a second of each run.
func (r *Result) Rates() []float64 {
	rates := make([]float64, len(r.Runs))
	for i, d := range r.Runs {
		rates[i] = float64(r.Test.Tokens()) / max(d, 1).Seconds()
	}
	return rates
}

// Rate returns the mean of [Result.Rates] and their standard deviation, which is
// 0 for a single run.
func (r *Result) Rate() (mean, deviation float64) {
	rates := r.Rates()
	for _, v := range rates {
		mean += v / float64(len(rates))
	}
	if len(rates) < 2 {
		return mean, 0
	}
	for _, v := range rates {
		deviation += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(deviation / float64(len(rates)-1))
}

// ErrNotFinite reports logits that are NaN or infinite: the weights are damaged,
// and a speed would say nothing.
var ErrNotFinite = errors.New("the model's logits are not finite numbers: its weights are damaged")

// Run first has m make what it makes in the course of a long run, the screen of its head
// and packed weights. Then it makes one run of t that is not counted and runs counted ones. s, an
// empty sequence or one that may be dropped, must have room for t.Positions()
// tokens. progress, if not nil, is called before each run with its number, from 0
// for the one that is not counted. When ctx ends, its error is returned.
func Run(ctx context.Context, m *transformer.Model, s *transformer.State, t Test, runs int, progress func(run int)) (Result, error) {
	if t.Prefill < 0 || t.Decode < 0 || t.Depth < 0 || (t.Prefill > 0) == (t.Decode > 0) || t.Positions() > s.Cap() || runs < 1 {
		panic("bench: Run test")
	}
	vocab := m.Config().VocabSize
	random := rand.New(rand.NewPCG(1, 2))
	ids := make([]int32, t.Positions())
	for i := range ids {
		ids[i] = int32(random.IntN(vocab))
	}
	r := runner{model: m, state: s, logits: make([]float32, vocab)}
	if m.Screen() != nil {
		r.search = m.NewSearch()
		for grown := true; grown; { // an error leaves the rest to the head itself
			grown, _ = m.GrowScreen()
		}
	}
	for settled := true; settled; { // the same
		settled, _ = m.Settle()
	}
	s.Truncate(0)
	if _, err := r.prefill(ctx, ids[:t.Depth]); err != nil {
		return Result{}, err
	}
	result := Result{Test: t}
	for run := range runs + 1 {
		if progress != nil {
			progress(run)
		}
		s.Truncate(t.Depth)
		start := time.Now()
		if err := r.once(ctx, t, ids[t.Depth:]); err != nil {
			return Result{}, err
		}
		if took := time.Since(start); run > 0 {
			result.Runs = append(result.Runs, took)
		}
		if !r.finite() {
			return Result{}, ErrNotFinite
		}
	}
	return result, nil
}

type runner struct {
	model  *transformer.Model
	state  *transformer.State
	search *screen.Search // nil without a screened head
	logits []float32
	best   []screen.Candidate
}

// head does what takes the head: it computes the logits, or finds the largest one by
// the screen.
func (r *runner) head(hidden []float32) {
	r.best = r.best[:0]
	if r.search != nil && r.search.Scan(hidden) {
		var ok bool
		if r.best, ok = r.search.Top(r.best, 1); ok {
			return
		}
	}
	r.model.Logits(r.logits, hidden)
}

// finite reports whether the logits after a run are. The screen answers for no
// others.
func (r *runner) finite() bool { return len(r.best) > 0 || finite(r.logits) }

// once does what is timed.
func (r *runner) once(ctx context.Context, t Test, ids []int32) error {
	if t.Prefill > 0 {
		last, err := r.prefill(ctx, ids)
		if err == nil {
			r.head(last)
		}
		return err
	}
	for i := range ids {
		hidden, err := r.state.Forward(ctx, ids[i:i+1])
		if err != nil {
			return err
		}
		r.head(hidden)
	}
	return nil
}

// prefill appends ids and returns the hidden state of the last one.
func (r *runner) prefill(ctx context.Context, ids []int32) (last []float32, err error) {
	for len(ids) > 0 {
		n := min(len(ids), transformer.MaxBatch)
		hidden, err := r.state.Forward(ctx, ids[:n])
		if err != nil {
			return nil, err
		}
		last = hidden[(n-1)*r.model.Config().Dim:]
		ids = ids[n:]
	}
	return last, nil
}

func finite(v []float32) bool {
	for _, x := range v {
		if x-x != 0 {
			return false
		}
	}
	return true
}
