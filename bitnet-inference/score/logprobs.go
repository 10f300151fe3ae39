package score

import (
	"context"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// A Sequence is tokens of which those from From on, 1 at least, are predicted, each from
// all before it.
type Sequence struct {
	IDs  []int32
	From int
}

// LogProbs calls visit with the natural logarithms of the probabilities of each sequence's
// predicted tokens, in order: none where there are none. They are valid during the call.
// A fast scorer computes many sequences in one pass over the weights. Errors of visit
// end it and are returned.
func LogProbs(ctx context.Context, s Scorer, sequences []Sequence, visit func(i int, logProbs []float64) error) error {
	c := s.Config()
	for i, q := range sequences {
		if err := q.check(&c); err != nil {
			return fmt.Errorf("sequence %d: %w", i+1, err)
		}
	}
	if f, ok := s.(fast); ok {
		return f.logProbs(ctx, sequences, visit)
	}
	for i, q := range sequences {
		if len(q.IDs) == 0 {
			if err := visit(i, nil); err != nil {
				return err
			}
			continue
		}
		var logProbs []float64
		err := s.Score(ctx, q.IDs, func(t int, logits []float64) error {
			if t+1 >= q.From && t+1 < len(q.IDs) {
				logProbs = append(logProbs, logits[q.IDs[t+1]]-logSumExp(logits))
			}
			return nil
		})
		if err == nil {
			err = visit(i, logProbs)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (q Sequence) check(c *model.Config) error {
	if q.From < 1 {
		panic("score: the first token is predicted from nothing")
	}
	if len(q.IDs) == 0 {
		return nil
	}
	return check(c, q.IDs)
}

// logProbs is LogProbs of a few sequences at a time.
func (f fast) logProbs(ctx context.Context, sequences []Sequence, visit func(int, []float64) error) error {
	b := newBatch(f.m)
	defer b.release()
	length := func(i int) int {
		if q := sequences[i]; q.From < len(q.IDs) {
			return len(q.IDs) - 1
		}
		return 0
	}
	return b.groups(len(sequences), length, func(first int, runs []transformer.Run) error {
		next := make([][]int32, len(runs))
		for i := range runs {
			if q := sequences[first+i]; runs[i].State != nil {
				runs[i].IDs, next[i] = q.IDs[:len(q.IDs)-1], q.IDs[q.From:]
			}
		}
		logProbs, err := b.logProbs(ctx, runs, next)
		if err != nil {
			return err
		}
		for i, l := range logProbs {
			if err := visit(first+i, l); err != nil {
				return err
			}
		}
		return nil
	})
}
