package score

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// Rows are rows of logits, (n, V), in blocks of one size but for the last. A block is valid
// until the next one. After an error there are no more.
type Rows = iter.Seq2[[]float32, error]

// Block is how many rows of that many logits make a block of handy size.
func Block(vocab int) int { return transformer.LogitRows(vocab) }

// Logits returns the logits after each token of sequences, in blocks of that many rows.
// Sequences may be empty. A fast scorer computes many in one pass.
func Logits(ctx context.Context, s Scorer, sequences [][]int32, block int) Rows {
	return logits(ctx, s, sequences, func(int) int { return 0 }, block)
}

// logits is Logits from position from(i) of sequence i on.
func logits(ctx context.Context, s Scorer, sequences [][]int32, from func(i int) int, block int) Rows {
	return func(yield func([]float32, error) bool) {
		c := s.Config()
		collect := &blocks{rows: block, yield: yield}
		err := func() error {
			for i, ids := range sequences {
				if len(ids) == 0 {
					continue
				}
				if err := check(&c, ids); err != nil {
					return fmt.Errorf("sequence %d: %w", i+1, err)
				}
			}
			if f, ok := s.(fast); ok {
				return f.rows(ctx, sequences, from, collect)
			}
			return rows(ctx, s, sequences, from, collect)
		}()
		if err == nil {
			err = collect.flush()
		}
		if err != nil && !collect.stopped {
			yield(nil, err)
		}
	}
}

// Predictions returns the logits that predict tokens of sequences, those of [Predicted], in
// blocks of that many rows.
func Predictions(ctx context.Context, s Scorer, sequences []Sequence, block int) Rows {
	read := make([][]int32, len(sequences))
	c := s.Config()
	for i, q := range sequences {
		if err := q.check(&c); err != nil { // of all tokens: the last is not read, but predicted
			return func(yield func([]float32, error) bool) { yield(nil, fmt.Errorf("sequence %d: %w", i+1, err)) }
		}
		if q.From < len(q.IDs) {
			read[i] = q.IDs[:len(q.IDs)-1]
		}
	}
	return logits(ctx, s, read, func(i int) int { return sequences[i].From - 1 }, block)
}

// Predicted returns the tokens of sequences that are predicted.
func Predicted(sequences []Sequence) (next []int32) {
	for _, q := range sequences {
		next = append(next, q.IDs[min(q.From, len(q.IDs)):]...)
	}
	return next
}

// blocks collects what makes rows until a block is full. For a fast scorer that are hidden
// states (D), which head turns into logits (V); else the logits themselves, and head is nil.
type blocks struct {
	rows    int
	width   int // of what is collected
	head    func(dst, hidden []float32)
	vocab   int
	part    []float32
	logits  []float32
	yield   func([]float32, error) bool
	stopped bool
}

// errStopped ends the work when there is nobody to take more.
var errStopped = errors.New("score: stopped")

func (b *blocks) add(x []float32) error {
	for len(x) > 0 {
		n := min(b.rows*b.width-len(b.part), len(x))
		b.part, x = append(b.part, x[:n]...), x[n:]
		if len(b.part) == b.rows*b.width {
			if err := b.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *blocks) flush() error {
	if len(b.part) == 0 {
		return nil
	}
	out := b.part
	if b.head != nil {
		n := len(b.part) / b.width * b.vocab
		if cap(b.logits) < n {
			b.logits = make([]float32, n)
		}
		out = b.logits[:n]
		b.head(out, b.part)
	}
	b.part = b.part[:0]
	if !b.yield(out, nil) {
		b.stopped = true
		return errStopped
	}
	return nil
}

// rows is logits of one sequence after the other.
func rows(ctx context.Context, s Scorer, sequences [][]int32, from func(int) int, to *blocks) error {
	to.width = s.Config().VocabSize
	row := make([]float32, to.width)
	for i, ids := range sequences {
		if len(ids) == 0 {
			continue
		}
		err := s.Score(ctx, ids, func(t int, logits []float64) error {
			if t < from(i) {
				return nil
			}
			for j, v := range logits {
				row[j] = float32(v)
			}
			return to.add(row)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// rows is logits of a few sequences at a time.
func (f fast) rows(ctx context.Context, sequences [][]int32, from func(int) int, to *blocks) error {
	c := f.m.Config()
	to.width, to.vocab, to.head = c.Dim, c.VocabSize, f.m.Logits
	b := newBatch(f.m)
	defer b.release()
	length := func(i int) int {
		if n := len(sequences[i]); from(i) < n {
			return n
		}
		return 0
	}
	return b.groups(len(sequences), length, func(first int, runs []transformer.Run) error {
		rows := make([][]int32, len(runs)) // what they predict does not matter, but how many there are
		for i := range runs {
			if ids := sequences[first+i]; runs[i].State != nil {
				runs[i].IDs, rows[i] = ids, ids[from(first+i):]
			}
		}
		return b.runAll(ctx, runs, rows, func(hidden []float32, _ []int32, _ []part) error { return to.add(hidden) })
	})
}
