package score

import (
	"context"
	"errors"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// A Question is a beginning and the ways in which it may go on.
type Question struct {
	Context []int32   // 1 token at least
	Endings [][]int32 // 1 token at least each
}

// Choices calls visit with the natural logarithms of the probabilities of each question's
// endings, token by token, each predicted from the beginning and all before it. They are
// valid during the call. A fast scorer computes beginnings once, and those of many
// questions in one pass, as it does their endings. Errors of visit end it and are returned.
func Choices(ctx context.Context, s Scorer, questions []Question, visit func(i int, logProbs [][]float64) error) error {
	c := s.Config()
	for i := range questions {
		if err := questions[i].Check(&c); err != nil {
			return fmt.Errorf("question %d: %w", i+1, err)
		}
	}
	f, ok := s.(fast)
	if !ok {
		return choices(ctx, s, questions, visit)
	}
	b := newBatch(f.m)
	defer b.release()
	length := func(i int) int { return questions[i].longest() }
	return b.groups(len(questions), length, func(first int, runs []transformer.Run) error {
		logProbs, err := b.choices(ctx, questions[first:][:len(runs)], runs)
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

// Check says why a model of that shape cannot be asked.
func (q *Question) Check(c *model.Config) error {
	if len(q.Context) == 0 {
		return errors.New("the beginning has no tokens")
	}
	if err := check(c, q.Context); err != nil {
		return err
	}
	for e, ending := range q.Endings {
		if len(ending) == 0 {
			return fmt.Errorf("ending %d has no tokens", e+1)
		}
		if err := check(c, q.whole(e)); err != nil {
			return fmt.Errorf("ending %d: %w", e+1, err)
		}
	}
	return nil
}

func (q *Question) whole(ending int) []int32 {
	return append(q.Context[:len(q.Context):len(q.Context)], q.Endings[ending]...)
}

// longest returns the tokens of the beginning with the longest ending.
func (q *Question) longest() int {
	most := 0
	for _, e := range q.Endings {
		most = max(most, len(e))
	}
	return len(q.Context) + most
}

// choices is Choices of each ending for itself.
func choices(ctx context.Context, s Scorer, questions []Question, visit func(int, [][]float64) error) error {
	for i := range questions {
		q := &questions[i]
		all := make([]Sequence, len(q.Endings))
		for e := range all {
			all[e] = Sequence{IDs: q.whole(e), From: len(q.Context)}
		}
		logProbs := make([][]float64, len(all))
		err := LogProbs(ctx, s, all, func(e int, l []float64) error {
			logProbs[e] = l
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

// choices computes all beginnings but for their last tokens, and then those with the
// first endings, the second, and so on, and takes each back.
func (b *batch) choices(ctx context.Context, questions []Question, runs []transformer.Run) (logProbs [][][]float64, err error) {
	logProbs, next := make([][][]float64, len(questions)), make([][]int32, len(questions))
	most := 0
	for i, q := range questions {
		runs[i].IDs = q.Context[:len(q.Context)-1]
		most = max(most, len(q.Endings))
	}
	if err := b.runAll(ctx, runs, next, nil); err != nil {
		return nil, err
	}
	for e := range most {
		for i, q := range questions {
			runs[i].State.Truncate(len(q.Context) - 1)
			if runs[i].IDs, next[i] = nil, nil; e < len(q.Endings) {
				whole := q.whole(e)
				runs[i].IDs, next[i] = whole[len(q.Context)-1:len(whole)-1], q.Endings[e]
			}
		}
		one, err := b.logProbs(ctx, runs, next)
		if err != nil {
			return nil, err
		}
		for i, q := range questions {
			if e < len(q.Endings) {
				logProbs[i] = append(logProbs[i], one[i])
			}
		}
	}
	return logProbs, nil
}
