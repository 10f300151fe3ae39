package checkpoint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// weights finds the tensors of the Hugging Face naming scheme.
func (h *hf) weights(c *model.Config) (*model.Weights, error) {
	t := newTaker(h.file, h.names())
	w := &model.Weights{
		Embed:      t.vocabulary("model.embed_tokens.weight"),
		OutputNorm: t.vector("model.norm.weight"),
		Layers:     make([]model.Layer, c.Layers),
	}
	w.Forget = h.file.Forget
	w.Head = w.Embed
	if !h.config.TieEmbeddings {
		w.Head = t.vocabulary("lm_head.weight")
	} else {
		t.ignore("lm_head.weight") // some writers store the tied copy, too
	}
	for i := range w.Layers {
		l, p := &w.Layers[i], fmt.Sprintf("model.layers.%d.", i)
		l.AttnNorm = t.vector(p + "input_layernorm.weight")
		l.FFNNorm = t.vector(p + "post_attention_layernorm.weight")
		if c.SubNorms {
			l.AttnSubNorm = t.vector(p + "self_attn.attn_sub_norm.weight")
			l.FFNSubNorm = t.vector(p + "mlp.ffn_sub_norm.weight")
		}
		q, kv := c.QDim(), c.KVDim()
		l.Q = h.linear(t, p+"self_attn.q_proj", q, c.Dim)
		l.K = h.linear(t, p+"self_attn.k_proj", kv, c.Dim)
		l.V = h.linear(t, p+"self_attn.v_proj", kv, c.Dim)
		l.O = h.linear(t, p+"self_attn.o_proj", c.Dim, q)
		l.Gate = h.linear(t, p+"mlp.gate_proj", c.FFN, c.Dim)
		l.Up = h.linear(t, p+"mlp.up_proj", c.FFN, c.Dim)
		l.Down = h.linear(t, p+"mlp.down_proj", c.Dim, c.FFN)
		t.ignore(p + "self_attn.rotary_emb.inv_freq") // computed from rope_theta
	}
	return w, t.finish(h.dir)
}

// linear reads one projection of shape (out, in): packed uint8 with a
// weight_scale beside it, float master weights to be made ternary, or dense.
func (h *hf) linear(t *taker, name string, out, in int) model.Linear {
	q := h.config.Quantization
	switch d, ok := t.dtype(name + ".weight"); {
	case !ok: // taking it reports that it is missing
		return t.dense(name + ".weight")
	case d == dtype.U8:
		if q == nil {
			t.fail("tensor %q is packed (U8), but config.json has no quantization_config that says how", name+".weight")
			return model.Linear{}
		}
		return h.packed(t, name, out, in, q.divides())
	case q != nil && q.online() && !slices.ContainsFunc(q.NotConvert, func(m string) bool { return strings.Contains(name, m) }):
		return t.master(name+".weight", out, in)
	}
	return t.dense(name + ".weight")
}

// packed reads ceil(out/4)×in bytes of four codes each, and the scale.
func (h *hf) packed(t *taker, name string, out, in int, divide bool) model.Linear {
	data, shape := t.bytes(name + ".weight")
	scale := t.vector(name + ".weight_scale")
	if t.err() {
		return model.Linear{}
	}
	if len(shape) != 2 || shape[0] != (out+3)/4 || shape[1] != in {
		t.fail("tensor %q has shape %v, want [%d %d]: four of the %d rows in a byte", name+".weight", shape, (out+3)/4, in, out)
		return model.Linear{}
	}
	if len(scale) != 1 || !(scale[0] > 0) || scale[0]*0 != 0 {
		t.fail("tensor %q holds %v, want one positive number", name+".weight_scale", scale)
		return model.Linear{}
	}
	if divide {
		scale[0] = 1 / scale[0]
	}
	m := new(qtensor.Tensor)
	t.later(func() error {
		parsed, err := qtensor.Parse(qtensor.HF, data, out, in)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name+".weight", err)
		}
		parsed.Scale = scale
		*m = *parsed
		return nil
	})
	return model.Linear{Ternary: m}
}
