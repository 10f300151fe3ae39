package transcode

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/chat"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// fileTypes are the values of general.file_type, of types that have one.
var fileTypes = map[dtype.DType]uint32{
	dtype.F32: 0, dtype.F16: 1, dtype.BF16: 32, dtype.TQ1_0: 36, dtype.TQ2_0: 37, dtype.I2_S: 40,
}

// arch returns the architecture that a GGUF file names.
func (p *Plan) arch() string {
	c := &p.src.ck.Config
	if p.src.ck.IsGGUF() {
		return c.Architecture
	}
	return checkpoint.GGUFArchitecture(c)
}

// planMetadata makes the entries of a GGUF file.
func (p *Plan) planMetadata() error {
	p.settleKept()
	if p.src.ck.IsGGUF() {
		p.carryMetadata()
	} else {
		if err := p.graphMetadata(); err != nil {
			return err
		}
	}
	if n, ok := fileTypes[p.tern]; ok {
		p.put("general.file_type", n)
	} else { // engines then look at the tensors
		p.kv = slices.DeleteFunc(p.kv, func(e gguf.KV) bool { return e.Key == "general.file_type" })
	}
	p.repair()
	for _, text := range p.opts.Set {
		key, value, err := parseSetting(text, p.value)
		if err != nil {
			return err
		}
		p.put(key, value)
	}
	return nil
}

// value returns an entry of the file to be made.
func (p *Plan) value(key string) (any, bool) {
	for _, e := range p.kv {
		if e.Key == key {
			return e.Value, true
		}
	}
	return nil, false
}

// put adds an entry or replaces it.
func (p *Plan) put(key string, v any) {
	for i := range p.kv {
		if p.kv[i].Key == key {
			p.kv[i].Value = v
			return
		}
	}
	p.kv = append(p.kv, gguf.KV{Key: key, Value: v})
}

// carryMetadata takes over the entries of a GGUF file.
func (p *Plan) carryMetadata() {
	for _, e := range p.src.ck.GGUF().Metadata() {
		if strings.HasPrefix(e.Key, "split.") {
			continue // of a model in several files; the result is one
		}
		if p.opts.NoTokenizer && strings.HasPrefix(e.Key, "tokenizer.") && !strings.HasSuffix(e.Key, "_token_id") {
			continue // generation needs the ids, with and without a tokenizer
		}
		p.kv = append(p.kv, e)
	}
}

// graphMetadata describes the graph of a Hugging Face directory, and its text.
func (p *Plan) graphMetadata() error {
	c, arch := &p.src.ck.Config, p.arch()
	if want := checkpoint.GGUFGraph(arch).Activation; c.Activation != want {
		return fmt.Errorf("%s: the architecture %s of GGUF has the activation %q, not %q", p.Source, arch, want, c.Activation)
	}
	put := func(key string, v any) { p.put(arch+"."+key, v) }
	p.put("general.architecture", arch)
	if path, err := filepath.Abs(p.Source); err == nil {
		p.put("general.name", filepath.Base(path))
	}
	put("context_length", uint32(c.ContextLength))
	put("embedding_length", uint32(c.Dim))
	put("block_count", uint32(c.Layers))
	put("feed_forward_length", uint32(c.FFN))
	put("attention.head_count", uint32(c.Heads))
	put("attention.head_count_kv", uint32(c.KVHeads))
	put("attention.layer_norm_rms_epsilon", float32(c.NormEps))
	put("rope.dimension_count", uint32(c.HeadDim))
	put("rope.freq_base", float32(c.RopeTheta))
	put("vocab_size", uint32(c.VocabSize))
	if c.QDim() != c.Dim || c.HeadNorms {
		put("attention.key_length", uint32(c.HeadDim))
		put("attention.value_length", uint32(c.HeadDim))
	}
	if c.PostNorms {
		if err := p.gemmaMetadata(put); err != nil {
			return err
		}
	}
	if id := p.src.ck.Pooling.GGUF(); id != 0 {
		put("pooling_type", id)
	}
	p.samplingMetadata()
	p.keepOrigin()
	return p.textMetadata()
}

// samplingMetadata carries over what the authors recommend.
func (p *Plan) samplingMetadata() {
	s := p.src.ck.Generation.Sampling
	if s == nil {
		return
	}
	p.put("general.sampling.temp", s.Temperature)
	if s.TopK > 0 {
		p.put("general.sampling.top_k", int32(s.TopK))
	}
	number := func(key string, v float32) {
		if v != 0 {
			p.put("general.sampling."+key, v)
		}
	}
	number("top_p", s.TopP)
	number("min_p", s.MinP)
	number("penalty_repeat", s.Repeat)
}

// endIDs names the tokens that begin and end texts, which generation needs with and
// without a tokenizer. first is the one that a tokenizer puts behind a text, if it does.
func (p *Plan) endIDs(first ...int32) {
	g := &p.src.ck.Generation
	if g.BOS >= 0 {
		p.put(checkpoint.TokenKey("bos"), uint32(g.BOS))
	}
	ends := slices.Clone(first)
	for _, id := range g.EOS {
		if !slices.Contains(ends, id) {
			ends = append(ends, id)
		}
	}
	places := checkpoint.EndNames()
	for i, id := range ends[:min(len(ends), len(places))] {
		p.put(checkpoint.TokenKey(places[i]), uint32(id))
	}
	if len(ends) > len(places) {
		p.note("GGUF has places for %d tokens that end a text: %v are left out", len(places), ends[len(places):])
	}
	var pad *uint32
	if json.Unmarshal(p.src.ck.ConfigJSON()["pad_token_id"], &pad) == nil && pad != nil {
		p.put(checkpoint.TokenKey("padding"), *pad)
	}
}

// keepOrigin notes how the checkpoint stored what GGUF stores in one way only.
func (p *Plan) keepOrigin() {
	var divisors []float32
	gains, scales := map[dtype.DType]bool{}, map[dtype.DType]bool{}
	all := p.src.ck.Roles(p.src.tied)
	for i := range all {
		r := &all[i]
		d := p.src.ck.DType(p.src.name(r))
		if r.Kind == checkpoint.KindGains {
			gains[d] = true
		}
		if r.Kind != checkpoint.KindProjection {
			continue
		}
		if d != dtype.U8 {
			divisors = append(divisors, 0)
			continue
		}
		v, err := p.src.number(r.HFScale())
		if err != nil {
			continue // opening the matrix has reported it
		}
		divisors = append(divisors, v)
		scales[p.src.ck.DType(r.HFScale())] = true
	}
	p.keepType(keyGains, gains)
	p.keepType(keyScale, scales)
	if p.src.divides && len(scales) > 0 {
		p.put(keyClass, "bitlinear")
		p.put(keyScales, divisors)
	}
}

// keepType notes the type of tensors that all have the same, but for float32.
func (p *Plan) keepType(key string, types map[dtype.DType]bool) {
	for d := range types {
		if len(types) == 1 && d != dtype.F32 {
			p.put(key, d.String())
		}
	}
}

// keptType returns the type that keepType has noted, or float32.
func (p *Plan) keptType(key string) dtype.DType {
	name, _ := p.src.ck.Value(key)
	for _, d := range []dtype.DType{dtype.BF16, dtype.F16} {
		if d.String() == name {
			return d
		}
	}
	return dtype.F32
}

// repair mends what is known to be wrong in published files.
func (p *Plan) repair() {
	if p.src.ck.LacksActivation() {
		p.put(checkpoint.ActivationKey, string(model.ReLU2))
	}
	if p.src.ck.LacksPreTokenizer() && !p.opts.NoTokenizer {
		p.put(tokenizer.GGUFPrefix+"pre", "llama-bpe")
		p.note("tokenizer.ggml.pre was missing: set to llama-bpe, which is what engines without the key split by")
	}
	const key = "tokenizer.chat_template"
	if _, ok := p.value(key); ok {
		p.put(key, p.mendedTemplate())
	}
}

// mendedTemplate returns the chat template of the source, or what it should have been,
// which it notes.
func (p *Plan) mendedTemplate() string {
	t := p.src.ck.Chat.Template
	if name, override := chat.Detect(t, p.src.ck.Config.Architecture, ""); t != "" && override && name == "bitnet-2b4t" {
		p.note("the chat template was a placeholder that BitNet b1.58 2B-4T was not trained on: replaced")
		return template2B4T
	}
	return t
}

// template2B4T is the format of BitNet b1.58 2B-4T: after <|begin_of_text|> each
// message as "Role: content<|eot_id|>", then "Assistant: ".
const template2B4T = `{{ bos_token }}{% for message in messages %}{{ message['role'] | capitalize }}: {{ message['content'] | trim }}<|eot_id|>{% endfor %}{% if add_generation_prompt %}Assistant: {% endif %}`
