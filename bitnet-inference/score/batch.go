package score

import (
	"context"

	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// A batch collects runs for one pass over the weights, and what they predict.
type batch struct {
	model    *transformer.Model
	pass     *transformer.Pass
	states   *transformer.States
	runs     []transformer.Run
	rows     [][2]int // of all runs' tokens, those that predict
	next     []int32  // what follows those
	tokens   int
	logProbs []float64
}

func newBatch(m *transformer.Model) *batch {
	return &batch{model: m, pass: m.NewPass(), states: m.NewStates()}
}

// release frees the scratch and all states.
func (b *batch) release() {
	b.pass.Release()
	b.states.Release()
}

// room is how many tokens the next pass can still take.
func (b *batch) room() int { return transformer.MaxBatch - b.tokens }

// add takes the first n of a sequence's next tokens, as many as there is room for. The
// last len(next) of ids predict next; what n of them predict is part [from, to) of what
// compute returns.
func (b *batch) add(s *transformer.State, ids, next []int32) (n, from, to int) {
	n, from = min(len(ids), b.room()), len(b.next)
	if n == 0 {
		return 0, from, from
	}
	silent := min(len(ids)-len(next), n)
	b.runs = append(b.runs, transformer.Run{State: s, IDs: ids[:n]})
	b.rows = append(b.rows, [2]int{b.tokens + silent, b.tokens + n})
	b.next = append(b.next, next[:n-silent]...)
	b.tokens += n
	return n, from, len(b.next)
}

// compute appends the runs to their States and returns the logarithms of the
// probabilities of what they predict, which are valid until the next call.
func (b *batch) compute(ctx context.Context) ([]float64, error) {
	if b.tokens == 0 {
		return nil, nil
	}
	hidden, err := b.pass.Forward(ctx, b.runs...)
	if err != nil {
		return nil, err
	}
	// The pass is done with its result, so the rows that predict may move together.
	d, at := b.model.Config().Dim, 0
	for _, r := range b.rows {
		at += copy(hidden[at:], hidden[r[0]*d:r[1]*d])
	}
	b.logProbs = append(b.logProbs[:0], make([]float64, len(b.next))...)
	b.model.LogProbs(b.logProbs, hidden[:at], b.next)
	clear(b.runs)
	b.runs, b.rows, b.next, b.tokens = b.runs[:0], b.rows[:0], b.next[:0], 0
	return b.logProbs, nil
}

// runAll computes runs in as few passes as they fit. The last tokens of run k predict
// next(k); visit is called with parts of that, in order.
func (b *batch) runAll(ctx context.Context, runs []transformer.Run, next func(k int) []int32, visit func(k int, logProbs []float64)) error {
	type part struct{ run, from, to int }
	var parts []part
	compute := func() error {
		logProbs, err := b.compute(ctx)
		if err != nil {
			return err
		}
		for _, p := range parts {
			if p.from < p.to {
				visit(p.run, logProbs[p.from:p.to])
			}
		}
		parts = parts[:0]
		return nil
	}
	for k, r := range runs {
		for ids, follow := r.IDs, next(k); len(ids) > 0; {
			if b.room() == 0 {
				if err := compute(); err != nil {
					return err
				}
			}
			n, from, to := b.add(r.State, ids, follow)
			ids, follow = ids[n:], follow[to-from:]
			parts = append(parts, part{k, from, to})
		}
	}
	return compute()
}
