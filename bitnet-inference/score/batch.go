package score

import (
	"context"

	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// A batch collects runs for one pass over the weights, and what they predict.
type batch struct {
	model  *transformer.Model
	pass   *transformer.Pass
	states *transformer.States
	runs   []transformer.Run
	rows   [][2]int // of all runs' tokens, those that predict
	next   []int32  // what follows those
	tokens int
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

// compute appends the runs to their States and returns the hidden states that predict
// (rows, D), and what follows them. They are valid until the next call of add.
func (b *batch) compute(ctx context.Context) (hidden []float32, next []int32, err error) {
	if b.tokens == 0 {
		return nil, nil, nil
	}
	hidden, err = b.pass.Forward(ctx, b.runs...)
	if err != nil {
		return nil, nil, err
	}
	// The pass is done with its result, so the rows that predict may move together.
	d, at := b.model.Config().Dim, 0
	for _, r := range b.rows {
		at += copy(hidden[at:], hidden[r[0]*d:r[1]*d])
	}
	next = b.next
	clear(b.runs)
	b.runs, b.rows, b.next, b.tokens = b.runs[:0], b.rows[:0], b.next[:0], 0
	return hidden[:at], next, nil
}

// A part of a run's predictions is part [from, to) of those of a pass.
type part struct{ run, from, to int }

// runAll computes runs in as few passes as they fit. The last tokens of run k predict
// next[k]; visit is called with what compute returns, and whose parts that is, in order.
func (b *batch) runAll(ctx context.Context, runs []transformer.Run, next [][]int32, visit func(hidden []float32, next []int32, parts []part) error) error {
	var parts []part
	compute := func() error {
		hidden, follow, err := b.compute(ctx)
		if err == nil && len(follow) > 0 {
			err = visit(hidden, follow, parts)
		}
		parts = parts[:0]
		return err
	}
	for k, r := range runs {
		for ids, follow := r.IDs, next[k]; len(ids) > 0; {
			if b.room() == 0 {
				if err := compute(); err != nil {
					return err
				}
			}
			n, from, to := b.add(r.State, ids, follow)
			ids, follow = ids[n:], follow[to-from:]
			if from < to {
				parts = append(parts, part{k, from, to})
			}
		}
	}
	return compute()
}

// logProbs is runAll that returns the logarithms of the probabilities of each run's next.
func (b *batch) logProbs(ctx context.Context, runs []transformer.Run, next [][]int32) ([][]float64, error) {
	logProbs := make([][]float64, len(runs))
	var all []float64
	err := b.runAll(ctx, runs, next, func(hidden []float32, next []int32, parts []part) error {
		all = append(all[:0], make([]float64, len(next))...)
		b.model.LogProbs(all, hidden, next)
		for _, p := range parts {
			logProbs[p.run] = append(logProbs[p.run], all[p.from:p.to]...)
		}
		return nil
	})
	return logProbs, err
}

// groupPositions is about how many positions are in memory: enough that passes are full,
// most of them, also where texts are short and rounded up.
const groupPositions = 5 * transformer.MaxBatch

// groups calls do with a few of n sequences at a time, from first on, in order: their runs
// have States, for length(i) tokens, and none where there are none.
func (b *batch) groups(n int, length func(i int) int, do func(first int, runs []transformer.Run) error) error {
	for first := 0; first < n; {
		var runs []transformer.Run
		for i := first; i < n && b.states.Positions() < groupPositions; i++ {
			var r transformer.Run
			if tokens := length(i); tokens > 0 {
				var err error
				if r.State, err = b.states.Take(tokens); err != nil {
					return err
				}
			}
			runs = append(runs, r)
		}
		if err := do(first, runs); err != nil {
			return err
		}
		b.states.Reset()
		first += len(runs)
	}
	return nil
}
