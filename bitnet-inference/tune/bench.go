package tune

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/vecmath"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// A Bench measures changes of a model on a text. It belongs to one goroutine.
type Bench struct {
	model     *Model
	sequences []score.Sequence
	next      []int32 // their tokens that are predicted
	asIs      *transformer.Model
	kept      memory.Buffer // its logits (N, V); where there is no room asIs makes them anew
	base      score.Perplexity
	progress  func(what string)
}

// maxKept is how many bytes of logits are kept.
const maxKept = 1 << 30

// NewBench runs the model as it is on sequences of 1 to Config.ContextLength tokens, of
// which one at least must have two. Progress, if not nil, is told what is measured next.
// Close frees the Bench.
func NewBench(ctx context.Context, m *Model, sequences [][]int32, progress func(what string)) (*Bench, error) {
	b := &Bench{model: m, progress: progress}
	if progress == nil {
		b.progress = func(string) {}
	}
	for _, ids := range sequences {
		b.sequences = append(b.sequences, score.Sequence{IDs: ids, From: 1})
	}
	b.next = score.Predicted(b.sequences)
	if len(b.next) == 0 {
		return nil, errors.New("there is nothing to predict in the text: it takes two tokens at least")
	}
	b.progress("the model as it is")
	var err error
	if b.asIs, err = m.run(m.Weights, nil); err != nil {
		return nil, err
	}
	if err := b.predict(ctx); err != nil {
		b.Close()
		return nil, err
	}
	if !b.kept.IsZero() {
		b.asIs.Close()
		b.asIs = nil
	}
	return b, nil
}

// predict runs the model as it is, and keeps its logits where there is room.
func (b *Bench) predict(ctx context.Context) error {
	if n := 4 * int64(len(b.next)) * int64(b.vocab()); n <= maxKept {
		if kept, err := b.model.alloc(int(n)); err == nil { // else there is no room
			b.kept = kept
		}
	}
	kept, at := b.keptLogits(), 0
	for rows, err := range b.logits(ctx, b.asIs) {
		if err != nil {
			return err
		}
		if kept != nil {
			copy(kept[at*b.vocab():], rows)
		}
		for ; len(rows) > 0; rows = rows[b.vocab():] {
			row := rows[:b.vocab()]
			for _, v := range row {
				if v-v != 0 {
					return fmt.Errorf("position %d: %w", at, score.ErrLogits)
				}
			}
			b.base.Add([]float64{float64(row[b.next[at]]) - vecmath.LogSumExp(row)})
			at++
		}
	}
	return nil
}

// keptLogits returns the logits that are kept, nil if there are none.
func (b *Bench) keptLogits() []float32 {
	if b.kept.IsZero() {
		return nil
	}
	kept, _ := convert.View[float32](b.kept.Bytes()) // aligned
	return kept
}

// Close frees what the Bench runs and keeps.
func (b *Bench) Close() {
	if b.asIs != nil {
		b.asIs.Close()
	}
	if !b.kept.IsZero() {
		b.kept.Release()
	}
}

// Tokens returns how many tokens are predicted.
func (b *Bench) Tokens() int { return len(b.next) }

// Perplexity returns that of the model as it is, at most the largest float64.
func (b *Bench) Perplexity() float64 { return perplexity(&b.base) }

func perplexity(p *score.Perplexity) float64 { return min(p.Value(), math.MaxFloat64) }

func (b *Bench) vocab() int { return b.model.Config.VocabSize }

// logits returns those of a model at all positions that predict.
func (b *Bench) logits(ctx context.Context, m *transformer.Model) score.Rows {
	return score.Predictions(ctx, score.Fast(m), b.sequences, score.Block(b.vocab()))
}

// baseLogits returns those of the model as it is.
func (b *Bench) baseLogits(ctx context.Context) score.Rows {
	kept := b.keptLogits()
	if kept == nil {
		return b.logits(ctx, b.asIs)
	}
	return func(yield func([]float32, error) bool) {
		for rows := range slices.Chunk(kept, score.Block(b.vocab())*b.vocab()) {
			if !yield(rows, nil) {
				return
			}
		}
	}
}

// block compares a block of predictions with that of a base. Its first row is row at of all.
func (b *Bench) block(c *score.Comparison, at int, base, rows []float32) error {
	return score.DivergeBlock(b.model.Pool.Threads(), base, rows, b.vocab(), b.vocab(), at, b.next, into(c))
}

func into(c *score.Comparison) func(int, *score.Divergence) error {
	return func(_ int, d *score.Divergence) error {
		c.Add(d)
		return nil
	}
}

// effect measures the model with other weights or with changed activations.
func (b *Bench) effect(ctx context.Context, w *model.Weights, observe observer) (*Effect, error) {
	changed, err := b.model.run(w, observe)
	if err != nil {
		return nil, err
	}
	defer changed.Close()
	var c score.Comparison
	err = score.Diverge(b.model.Pool.Threads(), b.baseLogits(ctx), b.logits(ctx, changed), b.vocab(), b.vocab(), b.next, into(&c))
	if errors.Is(err, score.ErrLogits) { // which those of the base are not
		return &Effect{Verdict: Ruins}, nil
	}
	if err != nil {
		return nil, err
	}
	return newEffect(&c), nil
}
