package compare

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// Models compares all of two models but what they predict. Progress, if not nil, is
// told how many weights of all have been compared; calls come from several goroutines,
// one at a time. Both checkpoints stay the caller's.
func Models(ctx context.Context, a, b *checkpoint.Checkpoint, progress func(done, total int64)) (*Report, error) {
	wa, err := weights(a)
	if err != nil {
		return nil, err
	}
	wb, err := weights(b)
	if err != nil {
		return nil, err
	}
	r := &Report{
		A: File{a.Name, a.Format, a.Quantization}, B: File{b.Name, b.Format, b.Quantization},
		Graph: graph(&a.Config, &b.Config), Settings: settings(a, b), Metadata: metadata(a, b),
	}
	if r.Tokenizer, err = tokenizers(ctx, a, b); err != nil {
		return nil, err
	}
	all := pairs(&a.Config, &b.Config, wa, wb)
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
		forget(wa, &all[i].a)
		forget(wb, &all[i].b)
	}
	return r, w.findTwins(r.Tensors, all)
}

// weights finds a model's tensors. Checking their codes reads the whole file, of which
// nothing needs to stay resident.
func weights(ck *checkpoint.Checkpoint) (*model.Weights, error) {
	w, err := ck.Weights()
	if err != nil {
		return nil, err
	}
	all := pairs(&ck.Config, &ck.Config, w, w)
	for i := range all {
		forget(w, &all[i].a)
	}
	return w, nil
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
	if b.turn != asIs {
		if rows, _ := b.dims(); rows%b.headDim != 0 {
			return t, fmt.Errorf("tensor %s has %d rows, which are no whole heads of %d", p.name, rows, b.headDim)
		}
		t.Permuted = true
	}
	identical := !t.Permuted && t.TypeA == t.TypeB && bytes.Equal(a.data(), b.data())
	var err error
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
