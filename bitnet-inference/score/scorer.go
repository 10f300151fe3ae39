package score

import (
	"context"
	"fmt"
	"runtime"

	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/reference"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// A Scorer computes the logits of a model.
type Scorer interface {
	Config() model.Config
	// Score calls visit with the logits (V) after each of ids, in order, which
	// form a sequence of their own of 1 to Config().ContextLength tokens. The
	// logits are valid during the call. Errors of visit end it and are returned.
	Score(ctx context.Context, ids []int32, visit func(position int, logits []float64) error) error
}

// Fast scores with package transformer.
func Fast(m *transformer.Model) Scorer { return fast{m} }

// Reference scores with package reference.
func Reference(m *reference.Model) Scorer { return slow{m} }

// Threads returns how many threads a scorer computes on: as far as it is not known, as many
// as there are processors.
func Threads(s Scorer) int {
	if f, ok := s.(fast); ok {
		return f.m.Threads()
	}
	return runtime.GOMAXPROCS(0)
}

type fast struct{ m *transformer.Model }

func (f fast) Config() model.Config { return f.m.Config() }

func (f fast) Score(ctx context.Context, ids []int32, visit func(int, []float64) error) error {
	c := f.m.Config()
	if err := check(&c, ids); err != nil {
		return err
	}
	state, err := f.m.NewState(len(ids))
	if err != nil {
		return err
	}
	defer state.Release()
	rows := min(transformer.LogitRows(c.VocabSize), len(ids))
	logits := make([]float32, rows*c.VocabSize)
	wide := make([]float64, c.VocabSize)
	for at := 0; at < len(ids); at += transformer.MaxBatch {
		part := ids[at:min(at+transformer.MaxBatch, len(ids))]
		hidden, err := state.Forward(ctx, part)
		if err != nil {
			return err
		}
		for t := 0; t < len(part); t += rows {
			n := min(rows, len(part)-t)
			f.m.Logits(logits[:n*c.VocabSize], hidden[t*c.Dim:(t+n)*c.Dim])
			for i := range n {
				for j, v := range logits[i*c.VocabSize : (i+1)*c.VocabSize] {
					wide[j] = float64(v)
				}
				if err := visit(at+t+i, wide); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

type slow struct{ m *reference.Model }

func (s slow) Config() model.Config { return s.m.Config() }

func (s slow) Score(ctx context.Context, ids []int32, visit func(int, []float64) error) error {
	c := s.m.Config()
	if err := check(&c, ids); err != nil {
		return err
	}
	all, err := s.m.NewSequence().Forward(ctx, ids)
	if err != nil {
		return err
	}
	for t, logits := range all {
		if err := visit(t, logits); err != nil {
			return err
		}
	}
	return nil
}

func check(c *model.Config, ids []int32) error {
	if len(ids) == 0 || len(ids) > c.ContextLength {
		return fmt.Errorf("%d tokens to score; this model's context takes 1 to %d", len(ids), c.ContextLength)
	}
	return c.CheckIDs(ids)
}
