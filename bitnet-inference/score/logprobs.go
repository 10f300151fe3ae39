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

// groupTokens is about how many tokens a fast scorer has in memory: enough that passes are
// full, most of them.
const groupTokens = 2048

// logProbs is LogProbs of a few sequences at a time.
func (f fast) logProbs(ctx context.Context, sequences []Sequence, visit func(int, []float64) error) error {
	b := newBatch(f.m)
	defer b.release()
	for first := 0; first < len(sequences); {
		var runs []transformer.Run
		var of []int // sequences of the runs
		n := 0
		for tokens := 0; first+n < len(sequences) && tokens < groupTokens; n++ {
			q := sequences[first+n]
			if q.From >= len(q.IDs) {
				continue
			}
			s, err := b.states.Take(len(q.IDs) - 1)
			if err != nil {
				return err
			}
			runs, of = append(runs, transformer.Run{State: s, IDs: q.IDs[:len(q.IDs)-1]}), append(of, first+n)
			tokens += len(q.IDs)
		}
		logProbs := make([][]float64, n)
		next := func(k int) []int32 { q := sequences[of[k]]; return q.IDs[q.From:] }
		err := b.logProbs(ctx, runs, next, func(k int) *[]float64 { return &logProbs[of[k]-first] })
		if err != nil {
			return err
		}
		for i, l := range logProbs {
			if err := visit(first+i, l); err != nil {
				return err
			}
		}
		b.states.Reset()
		first += n
	}
	return nil
}
