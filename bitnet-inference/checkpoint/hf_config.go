package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// hfConfig is the part of config.json that fixes the graph. Fields that would
// change the graph in a way that is not built are read to be refused.
type hfConfig struct {
	Architectures    []string    `json:"architectures"`
	ModelType        string      `json:"model_type"`
	HiddenSize       int         `json:"hidden_size"`
	IntermediateSize int         `json:"intermediate_size"`
	Layers           int         `json:"num_hidden_layers"`
	Heads            int         `json:"num_attention_heads"`
	KVHeads          *int        `json:"num_key_value_heads"`
	HeadDim          *int        `json:"head_dim"`
	VocabSize        int         `json:"vocab_size"`
	MaxPositions     int         `json:"max_position_embeddings"`
	HiddenAct        string      `json:"hidden_act"`
	NormEps          *float64    `json:"rms_norm_eps"`
	RopeTheta        *float64    `json:"rope_theta"`
	RopeParameters   *hfRope     `json:"rope_parameters"`
	RopeScaling      *hfRope     `json:"rope_scaling"`
	TieEmbeddings    *bool       `json:"tie_word_embeddings"`
	BOS              tokenIDs    `json:"bos_token_id"`
	EOS              tokenIDs    `json:"eos_token_id"`
	AttentionBias    bool        `json:"attention_bias"`
	MLPBias          bool        `json:"mlp_bias"`
	Quantization     *hfQuantize `json:"quantization_config"`
	WeightBits       *int        `json:"weight_bits"` // of 1bitLLM
	InputBits        *int        `json:"input_bits"`

	family *family
	raw    []byte // the file, for the keys that one family has
	bitNet bool   // the tensors have norms that say the linear layers are ternary
	online bool   // who opens the directory says that floats are masters
}

// hfRope is what newer files say of the rotation, and older ones of its scaling.
type hfRope struct {
	Theta   *float64 `json:"rope_theta"`
	Type    string   `json:"rope_type"`
	OldType string   `json:"type"`
	Factor  float64  `json:"factor"`
}

// scaled returns the kind of scaling, or "" if positions are as they are.
func (r *hfRope) scaled() string {
	kind := r.Type
	if kind == "" {
		kind = r.OldType
	}
	if kind == "default" || kind == "linear" && r.Factor == 1 {
		return ""
	}
	return kind
}

// parseHFConfig reads config.json.
func parseHFConfig(data []byte) (*hfConfig, model.Config, error) {
	var h hfConfig
	if err := json.Unmarshal(data, &h); err != nil {
		return nil, model.Config{}, err
	}
	h.raw = data
	var err error
	if h.family, err = hfFamily(&h); err != nil {
		return &h, model.Config{}, err
	}
	c, err := h.config()
	return &h, c, err
}

// Graph returns the graph that the contents of a config.json describe, but for what only
// the names of tensors tell.
func Graph(config []byte) (model.Config, error) {
	_, c, err := parseHFConfig(config)
	return c, err
}

// config sets the graph: what the family fixes, and what the keys say.
func (h *hfConfig) config() (model.Config, error) {
	c := h.family.graph
	c.Architecture = h.ModelType
	if len(h.Architectures) > 0 {
		c.Architecture = h.Architectures[0]
	}
	c.VocabSize, c.ContextLength = h.VocabSize, h.MaxPositions
	c.Dim, c.FFN, c.Layers = h.HiddenSize, h.IntermediateSize, h.Layers
	c.Heads, c.KVHeads = h.Heads, h.Heads
	set(&c.KVHeads, h.KVHeads)
	set(&c.NormEps, h.NormEps)

	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	switch set(&c.HeadDim, h.HeadDim); {
	case h.HeadDim != nil, c.HeadDim > 0: // of the file, or the family
	case h.Heads > 0:
		if c.HeadDim = h.HiddenSize / h.Heads; c.HeadDim*h.Heads != h.HiddenSize {
			refuse("hidden_size %d is not a multiple of num_attention_heads %d and head_dim is absent", h.HiddenSize, h.Heads)
		}
	}
	switch h.HiddenAct {
	case "":
	case "swish": // the library's other name of it
		c.Activation = model.SiLU
	case string(model.SiLU), string(model.ReLU2), string(model.GELUTanh):
		c.Activation = model.Activation(h.HiddenAct)
	default:
		refuse("hidden_act is %q, want %q, %q or %q: other activations are not supported", h.HiddenAct, model.SiLU, model.ReLU2, model.GELUTanh)
	}
	set(&c.RopeTheta, h.RopeTheta)
	for _, r := range []struct {
		key   string
		value *hfRope
	}{{"rope_scaling", h.RopeScaling}, {"rope_parameters", h.RopeParameters}} {
		if r.value == nil {
			continue
		}
		set(&c.RopeTheta, r.value.Theta)
		if kind := r.value.scaled(); kind != "" {
			refuse("%s has rope_type %q: scaled rotary embeddings are not supported", r.key, kind)
		}
	}
	if h.AttentionBias || h.MLPBias {
		refuse("attention_bias or mlp_bias is true: biases are not supported")
	}
	if h.Quantization != nil {
		errs = append(errs, h.Quantization.check())
	}
	if settle := h.family.hf.settle; settle != nil {
		errs = append(errs, settle(h, &c))
	}
	errs = append(errs, c.Validate())
	return c, errors.Join(errs...)
}

// tied reports whether the embedding is the output head, too.
func (h *hfConfig) tied() bool {
	tied := h.family.tied
	set(&tied, h.TieEmbeddings)
	return tied
}

// masters reports whether linear weights stored as floats would be made ternary.
func (h *hfConfig) masters() bool {
	return h.family.hf.masters || h.bitNet || h.online || h.Quantization != nil && h.Quantization.online()
}

func set[T any](dst, v *T) {
	if v != nil {
		*dst = *v
	}
}

// readSmall reads a small file of a model directory. ok is false if there is none.
func readSmall(dir, name string) (data []byte, ok bool, err error) {
	data, err = tokenizer.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	return data, err == nil, err
}
