package score

import (
	"context"
	"fmt"

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
		q := &questions[i]
		if len(q.Context) == 0 {
			return fmt.Errorf("question %d: the beginning has no tokens", i+1)
		}
		for e, ending := range q.Endings {
			if len(ending) == 0 {
				return fmt.Errorf("question %d: ending %d has no tokens", i+1, e+1)
			}
			if err := check(&c, q.whole(e)); err != nil {
				return fmt.Errorf("question %d, ending %d: %w", i+1, e+1, err)
			}
		}
	}
	f, ok := s.(fast)
	if !ok {
		return choices(ctx, s, questions, visit)
	}
	b := newBatch(f.m)
	defer b.release()
	for first := 0; first < len(questions); {
		n, tokens := 0, 0
		for ; first+n < len(questions) && (n == 0 || tokens < groupTokens); n++ {
			tokens += questions[first+n].longest()
		}
		logProbs, err := b.choices(ctx, questions[first:first+n])
		if err != nil {
			return err
		}
		for i, l := range logProbs {
			if err := visit(first+i, l); err != nil {
				return err
			}
		}
		first += n
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
func (b *batch) choices(ctx context.Context, questions []Question) (logProbs [][][]float64, err error) {
	all := make([]transformer.Run, len(questions))
	states := make([]*transformer.State, len(questions))
	logProbs = make([][][]float64, len(questions))
	most := 0
	for i := range questions {
		q := &questions[i]
		if states[i], err = b.states.Take(q.longest()); err != nil {
			return nil, err
		}
		all[i] = transformer.Run{State: states[i], IDs: q.Context[:len(q.Context)-1]}
		logProbs[i] = make([][]float64, len(q.Endings))
		most = max(most, len(q.Endings))
	}
	if err := b.runAll(ctx, all, func(int) []int32 { return nil }, nil); err != nil {
		return nil, err
	}
	for e := range most {
		of := make([]int, 0, len(questions))
		all = all[:0]
		for i := range questions {
			q := &questions[i]
			if e >= len(q.Endings) {
				continue
			}
			states[i].Truncate(len(q.Context) - 1)
			whole := q.whole(e)
			all, of = append(all, transformer.Run{State: states[i], IDs: whole[len(q.Context)-1 : len(whole)-1]}), append(of, i)
		}
		err := b.logProbs(ctx, all, func(k int) []int32 { return questions[of[k]].Endings[e] }, func(k int) *[]float64 { return &logProbs[of[k]][e] })
		if err != nil {
			return nil, err
		}
	}
	b.states.Reset()
	return logProbs, nil
}
