package checkpoint

import (
	"context"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// weights finds the tensors by the family's names.
func (g *ggufModel) weights(ctx context.Context, c *model.Config, read bool) (*model.Weights, error) {
	t := newTaker(g, g.names(), read)
	w := weights(g, t, c, g.tied, func(r *Role) model.Linear { return g.linear(t, r) })
	return w, t.finish(ctx, g.name)
}

// linear reads one projection, ternary or dense by its type. Blocks of 4 and 8 bits
// stand where llama.cpp was asked for ternary blocks of 256 weights and rows are no
// multiple of that, as in 1bitLLM's 3B. Some writers keep the scale of a ternary matrix
// in a tensor of its own, to be multiplied.
func (g *ggufModel) linear(t *taker, r *Role) model.Linear {
	weight, beside := r.GGUF+".weight", r.GGUFScale()
	d, known := t.dtype(weight)
	layout, ternary := qtensor.LayoutOf(d)
	if !ternary || layout == qtensor.HF {
		if t.has(beside) {
			t.fail("tensor %q scales a weight of type %v, want a ternary one", beside, d)
		}
		if _, ok := nn.RowBytes(d, 0); known && !ok {
			t.fail("tensor %q has type %v; this version reads I2_S, TQ1_0, TQ2_0, Q2_0, IQ1_BN, IQ2_BN, IQ2_BN_R4, F32, F16, BF16, Q8_0, Q6_K and Q4_0 here: convert the model to one of them", weight, d)
			t.ignore(weight)
			return model.Linear{}
		}
		m := t.stored(weight)
		return model.Linear{Dense: &m}
	}
	data, shape := t.bytes(weight)
	if data == nil {
		return model.Linear{}
	}
	if len(shape) != 2 {
		t.fail("tensor %q has shape %v, want two dimensions", weight, shape)
		return model.Linear{}
	}
	by := float32(1)
	if t.has(beside) {
		var ok bool
		if by, ok = t.scale(beside, false); !ok {
			return model.Linear{}
		}
	}
	q := &qtensor.Tensor{Rows: shape[0], Cols: shape[1]}
	t.later(func() error {
		parsed, err := qtensor.Parse(layout, data, shape[0], shape[1])
		if err != nil {
			return fmt.Errorf("tensor %q: %w", weight, err)
		}
		if err := multiply(parsed, by); err != nil {
			return fmt.Errorf("tensor %q %w", weight, err)
		}
		*q = *parsed
		return nil
	})
	return model.Linear{Ternary: q}
}
