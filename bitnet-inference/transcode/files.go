package transcode

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// planFiles makes what lies beside the weights of a Hugging Face directory.
func (p *Plan) planFiles() error {
	p.files = map[string][]byte{}
	config := map[string]any{}
	if !p.src.ck.IsGGUF() {
		for k, v := range p.src.ck.ConfigJSON() {
			config[k] = v
		}
		if err := p.carryFiles(); err != nil {
			return err
		}
	} else {
		p.graphConfig(config)
		p.generationConfig()
		if err := p.poolingFiles(); err != nil {
			return err
		}
		if !p.opts.NoTokenizer {
			if err := p.tokenizerFiles(); err != nil {
				return err
			}
		}
	}
	if err := p.quantization(config); err != nil {
		return err
	}
	if err := p.putJSON("config.json", config); err != nil || len(p.opts.Set) == 0 {
		return err
	}
	return p.setConfig(config)
}

// setConfig makes the settings in config.json, and finds what they change in the graph.
func (p *Plan) setConfig(config map[string]any) error {
	before := p.files["config.json"]
	for _, text := range p.opts.Set {
		key, value, err := jsonSetting(text)
		if err != nil {
			return err
		}
		config[key] = value
	}
	if err := p.putJSON("config.json", config); err != nil {
		return err
	}
	was, err := checkpoint.Graph(before)
	if err != nil {
		return fmt.Errorf("config.json: %w", err)
	}
	is, err := checkpoint.Graph(p.files["config.json"])
	if err != nil {
		return fmt.Errorf("config.json as it is to be set: %w", err)
	}
	for _, d := range was.Differences(&is) {
		p.meant = append(p.meant, d.Name)
	}
	return nil
}

func (p *Plan) putJSON(name string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	p.files[name] = append(data, '\n')
	return nil
}

// quantization says in config.json how the projections are stored.
func (p *Plan) quantization(config map[string]any) error {
	packed := slices.ContainsFunc(p.outputs, func(o *output) bool { return o.kind == dtype.U8 })
	for _, o := range p.outputs {
		if !o.master() {
			continue
		}
		if packed {
			return fmt.Errorf("tensor %q would stay a master beside packed weights, which config.json cannot say", o.Name)
		}
		return nil // what it says of masters stays true
	}
	delete(config, "quantization_config")
	if slices.ContainsFunc(p.outputs, func(o *output) bool { return o.Action == actionDequantize }) {
		p.note("the weights are floats now: engines do not round activations to 8 bits for them, as the model was trained to")
	}
	if !packed {
		return nil
	}
	q := map[string]any{"quant_method": "bitnet", "quantization_mode": "offline", "linear_class": "autobitlinear"}
	if p.dividing() {
		q["linear_class"] = "bitlinear"
	}
	var dense []string
	for _, o := range p.outputs {
		if o.projection && checkpoint.IsFloat(o.kind) {
			dense = append(dense, strings.TrimSuffix(o.Name, ".weight"))
		}
	}
	if len(dense) > 0 {
		// A list takes the place of what transformers leaves dense by itself, the head.
		q["modules_to_not_convert"] = append(dense, "lm_head")
	}
	config["quantization_config"] = q
	return nil
}

// graphConfig describes the graph of a GGUF file as transformers does.
func (p *Plan) graphConfig(config map[string]any) {
	c := &p.src.ck.Config
	kind, class := checkpoint.HFClass(c)
	act := c.Activation
	if p.src.ck.LacksActivation() {
		act = model.ReLU2
	}
	for key, v := range map[string]any{
		"architectures": []string{class}, "model_type": kind, "hidden_size": c.Dim, "intermediate_size": c.FFN,
		"num_hidden_layers": c.Layers, "num_attention_heads": c.Heads, "num_key_value_heads": c.KVHeads, "head_dim": c.HeadDim,
		"vocab_size": c.VocabSize, "max_position_embeddings": c.ContextLength, "hidden_act": string(act), "rms_norm_eps": c.NormEps,
		"rope_theta": c.RopeTheta, "tie_word_embeddings": p.src.tied, "torch_dtype": p.torchType(),
	} {
		config[key] = v
	}
	if c.PostNorms {
		p.gemmaConfig(config)
	}
	g := &p.src.ck.Generation
	if g.BOS >= 0 {
		config["bos_token_id"] = g.BOS
	}
	if ids := g.EOS; len(ids) == 1 {
		config["eos_token_id"] = ids[0]
	} else if len(ids) > 1 {
		config["eos_token_id"] = ids
	}
	if pad, ok := p.src.ck.GGUF().Uint(checkpoint.TokenKey("padding")); ok {
		config["pad_token_id"] = pad
	}
}

// torchType is the type of the embedding, which the others are computed in.
func (p *Plan) torchType() string {
	switch p.outputs[0].kind {
	case dtype.BF16:
		return "bfloat16"
	case dtype.F16:
		return "float16"
	}
	return "float32"
}

// generationConfig carries over what the file recommends.
func (p *Plan) generationConfig() {
	g := &p.src.ck.Generation
	config := map[string]any{}
	if g.BOS >= 0 {
		config["bos_token_id"] = g.BOS
	}
	if len(g.EOS) > 0 {
		config["eos_token_id"] = g.EOS
	}
	if s := g.Sampling; s != nil {
		config["do_sample"] = s.Temperature > 0
		for key, v := range map[string]float32{"temperature": s.Temperature, "top_p": s.TopP, "min_p": s.MinP, "repetition_penalty": s.Repeat} {
			if v != 0 {
				config[key] = v
			}
		}
		if s.TopK > 0 {
			config["top_k"] = s.TopK
		}
	}
	if len(config) > 0 {
		_ = p.putJSON("generation_config.json", config) // numbers
	}
}

// Files of a directory that go with the weights, and with the tokenizer.
var (
	carried     = []string{"generation_config.json", "config_sentence_transformers.json", "sentence_bert_config.json"}
	carriedText = []string{
		"tokenizer.json", "tokenizer_config.json", "tokenizer.model", "special_tokens_map.json",
		"added_tokens.json", "vocab.json", "merges.txt", "chat_template.jinja",
	}
)

// carryFiles takes over the files of a directory.
func (p *Plan) carryFiles() error {
	names := carried
	if !p.opts.NoTokenizer {
		names = slices.Concat(carried, carriedText)
	}
	for _, name := range names {
		data, ok, err := p.src.ck.SmallFile(name)
		if err != nil {
			return err
		}
		if ok {
			p.files[name] = data
		}
	}
	if !p.opts.NoTokenizer {
		if t := p.mendedTemplate(); t != p.src.ck.Chat.Template {
			p.files["chat_template.jinja"] = []byte(t) // counts, whatever tokenizer_config.json says
		}
	}
	if err := p.poolingFiles(); err != nil {
		return err
	}
	entries, err := os.ReadDir(p.Source)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); ext == ".py" {
			p.note("%s is code, which is not carried over", e.Name())
		}
	}
	return nil
}
