package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// gemma3 is the text model of Gemma 3: norms before and after each block and of each
// head, embeddings multiplied by √D, and layers with a sliding window between such that
// see everything, which rotate by another base.
//
// The transformers library stores the gains of norms less 1, GGUF files as they are.
// BitNet-embedding-270M is this graph with one more norm before every projection, whose
// gains are stored as they are in both.
var gemma3 = family{
	graph: model.Config{
		RopeTheta: 1e6, NormEps: 1e-6,
		Activation: model.GELUTanh, HeadNorms: true, PostNorms: true,
		SlidingTheta: 1e4,
		HeadDim:      256, // whatever the width is; GGUF files that do not say go by it
	},
	tied: true,
	hf: hfForm{
		modelTypes: []string{"gemma3_text"},
		class:      "Gemma3ForCausalLM",
		names: hfNames.headNorms("self_attn.q_norm", "self_attn.k_norm").inputNorms(".norm").
			postNorms("post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm").below(),
		settle: gemma3Keys,
	},
	gguf: ggufForm{
		archs: []string{"gemma3"},
		names: ggufNames.headNorms("attn_q_norm", "attn_k_norm").inputNorms("_norm_in").
			postNorms("post_attention_norm", "ffn_norm", "post_ffw_norm"),
		settle: gemma3Metadata,
	},
}

// Gemma3Period is the distance of layers that see everything, where a file does not say.
const Gemma3Period = 6

// Gemma3QueryWidth returns the number by whose root engines divide the queries of GGUF
// files, which cannot say: the width of a head, but in the largest model.
func Gemma3QueryWidth(c *model.Config) int {
	const largest = 62 // layers of 27B
	if c.Layers == largest && c.Heads > 0 {
		return c.Dim / c.Heads
	}
	return c.HeadDim
}

// postNorms returns n with names for the norms behind the blocks, and for that before
// the feed-forward block.
func (n names) postNorms(attn, ffn, behind string) names {
	n.attnPost, n.ffnNorm, n.ffnPost = attn, ffn, behind
	return n
}

// below returns n for gains that are stored less 1.
func (n names) below() names {
	n.gainsBelowOne = true
	return n
}

func gemma3Keys(h *hfConfig, c *model.Config) error {
	keys := struct {
		Activation    string          `json:"hidden_activation"`
		QueryScalar   float64         `json:"query_pre_attn_scalar"`
		Window        *int            `json:"sliding_window"`
		Period        int             `json:"sliding_window_pattern"`
		NewPeriod     int             `json:"_sliding_window_pattern"`
		LayerTypes    []string        `json:"layer_types"`
		LocalTheta    *float64        `json:"rope_local_base_freq"`
		Rope          json.RawMessage `json:"rope_parameters"`
		Bidirectional bool            `json:"use_bidirectional_attention"`
		AttnCap       *float64        `json:"attn_logit_softcapping"`
		FinalCap      *float64        `json:"final_logit_softcapping"`
	}{QueryScalar: 256}
	if err := json.Unmarshal(h.raw, &keys); err != nil {
		return err
	}
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if a := keys.Activation; a != "" && a != string(model.GELUTanh) {
		refuse("hidden_activation is %q, want %q", a, model.GELUTanh)
	}
	if keys.Bidirectional {
		refuse("use_bidirectional_attention is true: only causal attention is supported")
	}
	if keys.AttnCap != nil || keys.FinalCap != nil {
		refuse("attn_logit_softcapping or final_logit_softcapping is set: capped logits are not supported")
	}
	if !(keys.QueryScalar > 0) {
		refuse("query_pre_attn_scalar is %v, want a positive number", keys.QueryScalar)
	}
	c.QueryScale = 1 / math.Sqrt(keys.QueryScalar)
	c.EmbedScale = math.Sqrt(float64(c.Dim))

	set(&c.SlidingTheta, keys.LocalTheta)
	var byType struct {
		Sliding *hfRope `json:"sliding_attention"`
		Full    *hfRope `json:"full_attention"`
	}
	if len(keys.Rope) > 0 {
		if err := json.Unmarshal(keys.Rope, &byType); err != nil {
			refuse("rope_parameters: %w", err)
		}
	}
	for _, r := range []struct {
		key   string
		rope  *hfRope
		theta *float64
	}{{"sliding_attention", byType.Sliding, &c.SlidingTheta}, {"full_attention", byType.Full, &c.RopeTheta}} {
		if r.rope == nil {
			continue
		}
		set(r.theta, r.rope.Theta)
		if kind := r.rope.scaled(); kind != "" {
			refuse("rope_parameters.%s has rope_type %q: scaled rotary embeddings are not supported", r.key, kind)
		}
	}

	c.Window = 4096 // this class's default
	set(&c.Window, keys.Window)
	period := Gemma3Period
	if n := max(keys.Period, keys.NewPeriod); n > 0 {
		period = n
	}
	gemma3Sliding(c, period)
	if keys.LayerTypes != nil && len(keys.LayerTypes) != c.Layers {
		refuse("layer_types has %d entries for %d layers", len(keys.LayerTypes), c.Layers)
	} else {
		for i, kind := range keys.LayerTypes {
			if kind != "sliding_attention" && kind != "full_attention" {
				refuse("layer_types names %q, want sliding_attention or full_attention", kind)
				break
			}
			if c.Sliding != nil {
				c.Sliding[i] = kind == "sliding_attention"
			}
		}
	}
	return errors.Join(errs...)
}

// gemma3Sliding gives all layers but every period-th a window. A number of layers that
// Validate will refuse is left alone.
func gemma3Sliding(c *model.Config, period int) {
	if c.Layers < 1 || c.Layers > model.MaxLayers {
		return
	}
	c.Sliding = make([]bool, c.Layers)
	for i := range c.Sliding {
		c.Sliding[i] = (i+1)%period != 0
	}
}

// gemma3Metadata reads what llama.cpp reads, by the same defaults: no window where the
// file names none, and a base of the rotation that is not the one of directories.
func gemma3Metadata(r *metadataReader, c *model.Config) {
	c.EmbedScale = math.Sqrt(float64(c.Dim))
	if !r.has("rope.freq_base") {
		c.RopeTheta = 10000
	}
	if n := Gemma3QueryWidth(c); n != c.HeadDim {
		c.QueryScale = 1 / math.Sqrt(float64(n))
	}
	for _, key := range []string{"attn_logit_softcapping", "final_logit_softcapping"} {
		if v := r.number(key, 0); v != 0 {
			r.fail("%s is %v: capped logits are not supported", key, v)
		}
	}
	if c.Window = r.optional("attention.sliding_window", 0); c.Window > 0 {
		c.SlidingTheta = r.number("rope.freq_base_swa", c.SlidingTheta)
		gemma3Sliding(c, max(r.optional("attention.sliding_window_pattern", Gemma3Period), 1))
	} else {
		c.SlidingTheta = 0
	}
	ggufEmbedding(r, c)
}
