package checkpoint

import (
	"context"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// weights finds the tensors by the family's names.
func (h *hf) weights(ctx context.Context, c *model.Config, read bool) (*model.Weights, error) {
	t := newTaker(h, h.names(), read)
	tied, head := h.config.tied(), h.naming.head+".weight"
	if !tied && !t.has(head) {
		t.fail("tensor %q is missing: if the embedding is the output head, too, set tie_word_embeddings to true in config.json", head)
		tied = true
	}
	if tied {
		t.ignore(head) // some writers store the tied copy, too
	}
	for i := range c.Layers {
		for _, name := range h.naming.computed {
			t.ignore(fmt.Sprintf(h.naming.layer, i) + name)
		}
	}
	w := weights(h, t, c, tied, func(r *Role) model.Linear { return h.linear(t, r) })
	return w, t.finish(ctx, h.dir)
}

// linear reads one projection: packed uint8 with a weight_scale beside it, float master
// weights to be made ternary, or dense.
func (h *hf) linear(t *taker, r *Role) model.Linear {
	q, name := h.config.Quantization, r.HF
	switch d, ok := t.dtype(name + ".weight"); {
	case !ok: // taking it reports that it is missing
		return t.dense(name + ".weight")
	case d == dtype.U8:
		if q == nil {
			t.fail("tensor %q is packed (U8), but config.json has no quantization_config that says how: take the one that was published with the model", name+".weight")
			return model.Linear{}
		}
		return h.packed(t, r)
	case h.master(name):
		return t.master(name+".weight", r.Rows, r.Cols)
	case q != nil && q.converts(name):
		t.fail("tensor %q has type %v, where quantization_config promises packed weights (U8): if these are master weights, set linear_class to \"autobitlinear\" and quantization_mode to \"online\"; if the layer is dense, name it in modules_to_not_convert", name+".weight", d)
		t.ignore(name + ".weight")
		return model.Linear{}
	}
	return t.dense(name + ".weight")
}

// packed reads ceil(out/4)×in bytes of four codes each, and the scale.
func (h *hf) packed(t *taker, r *Role) model.Linear {
	name, out, in := r.HF, r.Rows, r.Cols
	data, shape := t.bytes(name + ".weight")
	scale, ok := t.scale(r.HFScale(), h.divides())
	if data == nil {
		return model.Linear{}
	}
	if len(shape) != 2 || shape[0] != (out+3)/4 || shape[1] != in {
		t.fail("tensor %q has shape %v, want [%d %d]: four of the %d rows in a byte", name+".weight", shape, (out+3)/4, in, out)
		return model.Linear{}
	}
	if !ok {
		return model.Linear{}
	}
	m := &qtensor.Tensor{Rows: out, Cols: in}
	t.later(func() error {
		parsed, err := qtensor.Parse(qtensor.HF, data, out, in)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name+".weight", err)
		}
		parsed.Scale = []float32{scale}
		*m = *parsed
		return nil
	})
	return model.Linear{Ternary: m}
}
