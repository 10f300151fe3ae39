package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// maxJSON bounds the small JSON files of a model directory.
const maxJSON = 64 << 20

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
	TieEmbeddings    bool        `json:"tie_word_embeddings"`
	BOS              tokenIDs    `json:"bos_token_id"`
	EOS              tokenIDs    `json:"eos_token_id"`
	AttentionBias    bool        `json:"attention_bias"`
	MLPBias          bool        `json:"mlp_bias"`
	WeightBits       int         `json:"weight_bits"`
	Quantization     *hfQuantize `json:"quantization_config"`
}

type hfRope struct {
	Theta   *float64 `json:"rope_theta"`
	Type    string   `json:"rope_type"`
	OldType string   `json:"type"`
}

type hfQuantize struct {
	Method     string   `json:"quant_method"`
	Class      string   `json:"linear_class"`
	Mode       string   `json:"quantization_mode"`
	RMSNorm    bool     `json:"use_rms_norm"`
	NotConvert []string `json:"modules_to_not_convert"`
}

// tokenIDs is one id or a list of them; null is none.
type tokenIDs []int32

func (t *tokenIDs) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, (*[]int32)(t))
	}
	var id *int32
	if err := json.Unmarshal(data, &id); err != nil {
		return err
	}
	if *t = nil; id != nil {
		*t = tokenIDs{*id}
	}
	return nil
}

// parseHFConfig reads config.json.
func parseHFConfig(data []byte) (*hfConfig, model.Config, error) {
	var h hfConfig
	if err := json.Unmarshal(data, &h); err != nil {
		return nil, model.Config{}, err
	}
	c, err := h.config()
	return &h, c, err
}

func (h *hfConfig) config() (model.Config, error) {
	c := model.Config{
		Architecture: h.ModelType, VocabSize: h.VocabSize, Dim: h.HiddenSize, FFN: h.IntermediateSize,
		Layers: h.Layers, Heads: h.Heads, KVHeads: h.Heads, ContextLength: h.MaxPositions,
		RopeTheta: 10000, NormEps: 1e-6, Activation: model.Activation(h.HiddenAct),
	}
	if len(h.Architectures) > 0 {
		c.Architecture = h.Architectures[0]
	}
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	switch h.ModelType {
	case "bitnet":
		c.SubNorms = true
		c.RopeTheta, c.NormEps = 500000, 1e-5 // this class's own defaults
	case "llama":
	default:
		refuse("model_type %q is not one this version runs (bitnet, llama)", h.ModelType)
	}
	if h.WeightBits != 0 {
		refuse("weight_bits is %d: the 1bitLLM family of checkpoints is not one this version runs", h.WeightBits)
	}
	if h.AttentionBias || h.MLPBias {
		refuse("attention_bias or mlp_bias is true: biases are not supported")
	}
	if h.KVHeads != nil {
		c.KVHeads = *h.KVHeads
	}
	switch {
	case h.HeadDim != nil:
		c.HeadDim = *h.HeadDim
	case h.Heads > 0:
		if c.HeadDim = h.HiddenSize / h.Heads; c.HeadDim*h.Heads != h.HiddenSize {
			refuse("hidden_size %d is not a multiple of num_attention_heads %d and head_dim is absent", h.HiddenSize, h.Heads)
		}
	}
	if h.NormEps != nil {
		c.NormEps = *h.NormEps
	}
	if h.RopeTheta != nil {
		c.RopeTheta = *h.RopeTheta
	}
	for name, r := range map[string]*hfRope{"rope_parameters": h.RopeParameters, "rope_scaling": h.RopeScaling} {
		if r == nil {
			continue
		}
		if r.Theta != nil {
			c.RopeTheta = *r.Theta
		}
		if kind := r.Type + r.OldType; kind != "" && r.Type != "default" && r.OldType != "default" {
			refuse("%s has rope_type %q: scaled rotary embeddings are not supported", name, kind)
		}
	}
	if q := h.Quantization; q != nil {
		if q.Method != "bitnet" {
			refuse("quantization_config.quant_method is %q, want \"bitnet\"", q.Method)
		}
		if !slices.Contains([]string{"", "bitlinear", "autobitlinear"}, q.Class) {
			refuse("quantization_config.linear_class is %q, want \"bitlinear\" or \"autobitlinear\"", q.Class)
		}
		if !slices.Contains([]string{"", "offline", "online"}, q.Mode) {
			refuse("quantization_config.quantization_mode is %q, want \"offline\" or \"online\"", q.Mode)
		}
		if q.RMSNorm {
			refuse("quantization_config.use_rms_norm is true: norms inside the linear layers are not supported")
		}
	}
	if err := c.Validate(); err != nil {
		errs = append(errs, err)
	}
	return c, errors.Join(errs...)
}

// divides reports whether weight_scale is 1/mean|W|, as the older bitlinear class
// stores it, rather than mean|W|.
func (q *hfQuantize) divides() bool { return q.Class != "autobitlinear" }

// online reports whether float weights are masters to be made ternary.
func (q *hfQuantize) online() bool { return q.Class == "autobitlinear" && q.Mode == "online" }

func (q *hfQuantize) describe() string {
	switch {
	case q.online():
		return "float master weights, made ternary while loading (absmean)"
	case q.divides():
		return "packed ternary, divided by weight_scale (bitlinear)"
	}
	return "packed ternary, multiplied by weight_scale (autobitlinear)"
}

// hfGeneration is generation_config.json.
type hfGeneration struct {
	BOS         tokenIDs `json:"bos_token_id"`
	EOS         tokenIDs `json:"eos_token_id"`
	DoSample    *bool    `json:"do_sample"`
	Temperature *float32 `json:"temperature"`
	TopK        *int     `json:"top_k"`
	TopP        *float32 `json:"top_p"`
	MinP        *float32 `json:"min_p"`
	Repetition  *float32 `json:"repetition_penalty"`
}

// sampling returns the recommendation, or nil if the file makes none. A value
// that the file leaves out is off, as its authors' code has it, except that
// sampling without a temperature is at temperature 1.
func (g *hfGeneration) sampling() *Sampling {
	if g.DoSample != nil && !*g.DoSample {
		return &Sampling{} // greedy is a recommendation, too
	}
	if g.DoSample == nil && g.Temperature == nil && g.TopK == nil && g.TopP == nil && g.MinP == nil {
		return nil
	}
	s := &Sampling{Temperature: 1}
	set(&s.Temperature, g.Temperature)
	set(&s.TopK, g.TopK)
	set(&s.TopP, g.TopP)
	set(&s.MinP, g.MinP)
	set(&s.Repeat, g.Repetition)
	return s
}

func set[T any](dst *T, v *T) {
	if v != nil {
		*dst = *v
	}
}

// readJSON reads a small file of a model directory. ok is false if there is none.
func readJSON(dir, name string) (data []byte, ok bool, err error) {
	f, err := os.Open(filepath.Join(dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	data, err = io.ReadAll(io.LimitReader(f, maxJSON+1))
	if err == nil && len(data) > maxJSON {
		err = fmt.Errorf("%s is larger than %d MiB", f.Name(), maxJSON>>20)
	}
	return data, true, err
}
