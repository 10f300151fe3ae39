package compare

import (
	"context"
	"fmt"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// A Model is a checkpoint that has been read.
type Model struct {
	*checkpoint.Checkpoint
	Weights *model.Weights
	Text    tokenizer.Tokenizer // nil if TextErr is not
	TextErr error
}

// Read finds a model's tensors and its tokenizer. Checking the codes reads the whole file,
// of which nothing needs to stay resident. The checkpoint stays the caller's and must be
// open while the result is used.
func Read(ctx context.Context, ck *checkpoint.Checkpoint) (*Model, error) {
	w, err := ck.WeightsContext(ctx)
	if err != nil {
		return nil, err
	}
	m := &Model{Checkpoint: ck, Weights: w}
	all := pairs(m, m)
	for i := range all {
		forget(w, &all[i].a)
	}
	m.Text, m.TextErr = ck.Tokenizer()
	return m, nil
}

// Models compares all of two models but what they predict. Progress, if not nil, is
// told how many weights of all have been compared; calls come from several goroutines,
// one at a time.
func Models(ctx context.Context, a, b *Model, progress func(done, total int64)) (*Report, error) {
	r := &Report{
		A: File{a.Name, a.Format, a.Quantization}, B: File{b.Name, b.Format, b.Quantization},
		Graph: graph(&a.Config, &b.Config), Settings: settings(a.Checkpoint, b.Checkpoint), Metadata: metadata(a.Checkpoint, b.Checkpoint),
	}
	var err error
	if r.Tokenizer, err = tokenizers(ctx, a, b); err != nil {
		return nil, err
	}
	all := pairs(a, b)
	done := func(p *pair) {
		forget(a.Weights, &p.a)
		forget(b.Weights, &p.b)
	}
	var total int64
	for i := range all {
		total += all[i].size()
	}
	w := newWorkers(ctx, total, progress)
	for i := range all {
		t, err := w.compare(&all[i])
		if err != nil {
			return nil, err
		}
		r.Tensors = append(r.Tensors, t)
		done(&all[i])
	}
	return r, w.findTwins(r.Tensors, all, done)
}

func forget(w *model.Weights, m *matrix) {
	// A vector is a copy, which no file has.
	if w.Forget != nil && !m.absent() && len(m.shape) > 1 {
		w.Forget(m.data())
	}
}

// size returns the number of weights to compare.
func (p *pair) size() int64 {
	if p.a.absent() || p.b.absent() || !slices.Equal(p.a.shape, p.b.shape) {
		return 0
	}
	rows, cols := p.a.dims()
	return int64(rows) * int64(cols)
}

// compare finds how the two tensors of one role differ.
func (w *workers) compare(p *pair) (Tensor, error) {
	a, b := &p.a, &p.b
	t := Tensor{Name: p.name, ShapeA: a.shape, ShapeB: b.shape, TypeA: a.kind(), TypeB: b.kind()}
	size := p.size()
	if size == 0 {
		return t, nil
	}
	if b.turn != checkpoint.AsIs {
		if rows, _ := b.dims(); rows%b.headDim != 0 {
			return t, fmt.Errorf("tensor %s has %d rows, which are no whole heads of %d", p.name, rows, b.headDim)
		}
		t.Permuted = true
	}
	identical := false
	var err error
	if !t.Permuted && t.TypeA == t.TypeB {
		if identical, err = w.sameBytes(a.data(), b.data()); err != nil {
			return t, err
		}
	}
	switch {
	case a.ternary != nil && b.ternary != nil:
		t.Scales = scales(a, b)
		if t.Codes = (&Codes{Total: size}); !identical {
			err = w.codes(t.Codes, a, b)
		}
	case a.dense != nil && b.dense != nil:
		if t.Values = (&Values{Total: size}); !identical {
			_, err = w.values(t.Values, a, b)
		}
	default:
		t.Values = &Values{Total: size}
		t.Codes, err = w.values(t.Values, a, b)
	}
	if identical {
		w.advance(size)
	}
	return t, err
}
