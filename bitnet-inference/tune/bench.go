package tune

import (
	"context"
	"errors"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-inference/compare"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// A Model is what is tuned. Weights may alias files, which stay open.
type Model struct {
	Config  model.Config
	Weights *model.Weights
	Threads int              // 1 at least
	Memory  memory.Allocator // nil: memory.Mapped()
}

// A running model has a thread pool of its own.
type running struct {
	*transformer.Model
	pool *parallel.Pool
}

type observer = func(layer int, input transformer.Input, rows []float32, width int)

func (m *Model) run(threads int, w *model.Weights, observe observer) (*running, error) {
	copied := *w
	copied.Forget = nil // the weights are read again and again
	pool := parallel.New(max(threads, 1))
	x, err := transformer.New(m.Config, &copied, transformer.Options{Pool: pool, Memory: m.Memory, CacheType: dtype.F32, Head: transformer.HeadFull, Observe: observe})
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &running{x, pool}, nil
}

func (r *running) close() {
	r.Close()
	r.pool.Close()
}

// A Bench measures changes of a model on a text. It belongs to one goroutine.
type Bench struct {
	model     *Model
	sequences [][]int32
	asIs      *running
	logProbs  []float64 // of the text, by the model as it is
	progress  func(what string)
}

// NewBench runs the model as it is on sequences of 1 to Config.ContextLength tokens, of
// which one at least must have two. Progress, if not nil, is told what is measured next.
// Close frees the Bench.
func NewBench(ctx context.Context, m *Model, sequences [][]int32, progress func(what string)) (*Bench, error) {
	if progress == nil {
		progress = func(string) {}
	}
	b := &Bench{model: m, sequences: sequences, progress: progress}
	progress("the model as it is")
	var err error
	// The other half of the threads is for the model that it is compared with.
	if b.asIs, err = m.run(m.Threads/2, m.Weights, nil); err != nil {
		return nil, err
	}
	if b.logProbs, err = b.predict(ctx, b.asIs); err == nil && len(b.logProbs) == 0 {
		err = errors.New("there is nothing to predict in the text: it takes two tokens at least")
	}
	if err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// Close frees what the Bench runs.
func (b *Bench) Close() { b.asIs.close() }

// Tokens returns how many tokens are predicted.
func (b *Bench) Tokens() int { return len(b.logProbs) }

// Perplexity returns that of the model as it is.
func (b *Bench) Perplexity() float64 { return perplexity(b.logProbs) }

func perplexity(logProbs []float64) float64 {
	var sum float64
	for _, v := range logProbs {
		sum += v
	}
	return math.Exp(-sum / float64(len(logProbs)))
}

// predict returns ln p of every token that is predicted.
func (b *Bench) predict(ctx context.Context, r *running) ([]float64, error) {
	var all []score.Sequence
	for _, ids := range b.sequences {
		all = append(all, score.Sequence{IDs: ids, From: 1})
	}
	var logProbs []float64
	err := score.LogProbs(ctx, score.Fast(r.Model), all, func(_ int, l []float64) error {
		logProbs = append(logProbs, l...)
		return nil
	})
	for _, v := range logProbs {
		if v-v != 0 {
			return nil, errors.New("the model's predictions are not finite: its weights are damaged, or it needs something that this version does not do")
		}
	}
	return logProbs, err
}

// An Effect is what a change does to predictions.
type Effect struct {
	// KL is the divergence from the model as it is at each position, in nats.
	KL compare.Distribution `json:"kl"`
	// SameTop is the share of positions at which the likeliest token stays the same.
	SameTop    float64 `json:"same_top"`
	Perplexity float64 `json:"perplexity"` // afterwards
	// Loss is how much less probable tokens have become, the mean of -Δ ln p, and StdErr
	// its standard error, of tokens taken for independent. Below 0 is a gain.
	Loss    float64 `json:"loss"`
	StdErr  float64 `json:"loss_stderr"`
	Verdict Verdict `json:"verdict"`
}

// A Verdict is what a Loss amounts to.
type Verdict string

const (
	Gains   Verdict = "gain" // by more than three standard errors: many changes are tried at once
	Loses   Verdict = "loss"
	Nothing Verdict = "nothing measurable"
)

func verdict(loss, stdErr float64) Verdict {
	switch {
	case loss < -3*stdErr:
		return Gains
	case loss > 3*stdErr:
		return Loses
	}
	return Nothing
}

// effect measures the model with other weights or with changed activations.
func (b *Bench) effect(ctx context.Context, w *model.Weights, observe observer) (*Effect, error) {
	r, err := b.model.run((b.model.Threads+1)/2, w, observe)
	if err != nil {
		return nil, err
	}
	defer r.close()
	p, err := b.apart(ctx, b.asIs, r)
	if err != nil {
		return nil, err
	}
	after, err := b.predict(ctx, r)
	if err != nil {
		return nil, err
	}
	e := &Effect{KL: p.KL, SameTop: p.SameTop, Perplexity: perplexity(after)}
	e.Loss, e.StdErr = paired(b.logProbs, after)
	e.Verdict = verdict(e.Loss, e.StdErr)
	return e, nil
}

func (b *Bench) apart(ctx context.Context, x, y *running) (*compare.Predictions, error) {
	return compare.Logits(ctx, score.Fast(x.Model), score.Fast(y.Model), b.sequences, nil)
}

// lessKL returns the share of a mean divergence that is gone afterwards; below 0 there is
// more, and of none nothing goes.
func lessKL(before, after compare.Distribution) float64 {
	if before.Mean == 0 {
		return 0
	}
	return 1 - after.Mean/before.Mean
}

// paired returns the mean of before - after, and the standard error of that.
func paired(before, after []float64) (mean, stdErr float64) {
	n := float64(len(before))
	for i, v := range before {
		mean += (v - after[i]) / n
	}
	if n < 2 {
		return mean, math.Abs(mean) // one token proves nothing
	}
	var variance float64
	for i, v := range before {
		d := v - after[i] - mean
		variance += d * d / (n - 1)
	}
	return mean, math.Sqrt(variance / n)
}
