package transcode

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
)

// Types of tokens in tokenizer.ggml.token_type.
const (
	tokenNormal  = 1
	tokenControl = 3
	tokenUser    = 4
	tokenUnused  = 5
)

const noTokenizer = "leave it out with --no-tokenizer"

// hfTokenizer is the part of tokenizer.json that GGUF has keys for.
type hfTokenizer struct {
	Model struct {
		Type         string
		Vocab        json.RawMessage
		Merges       json.RawMessage
		ByteFallback bool `json:"byte_fallback"`
	}
	Added []struct {
		ID      int
		Content string
		Special bool
	} `json:"added_tokens"`
}

// merges reads ["a b", …] or [["a", "b"], …] to the former.
func (h *hfTokenizer) merges() ([]string, error) {
	var joined []string
	if json.Unmarshal(h.Model.Merges, &joined) == nil {
		return joined, nil
	}
	var pairs [][2]string
	if err := json.Unmarshal(h.Model.Merges, &pairs); err != nil {
		return nil, err
	}
	joined = make([]string, len(pairs))
	for i, m := range pairs {
		joined[i] = m[0] + " " + m[1]
	}
	return joined, nil
}

// tokenizerMetadata carries a byte-level BPE tokenizer and the chat template of a
// directory over to GGUF's keys, and makes sure that the result splits text alike.
func (p *Plan) tokenizerMetadata() error {
	data, ok, err := readSmall(p.Source, "tokenizer.json")
	if err != nil {
		return err
	}
	if !ok {
		if _, model, err := readSmall(p.Source, "tokenizer.model"); err != nil || model {
			return errorOr(err, fmt.Errorf("%s has a tokenizer.model and no tokenizer.json, which cannot be carried over to GGUF: %s", p.Source, noTokenizer))
		}
		p.note("the source has no tokenizer, so the result has none: it takes token ids")
		return nil
	}
	path := filepath.Join(p.Source, "tokenizer.json")
	want, err := tokenizer.LoadJSON(data, path)
	if err != nil {
		return err
	}
	var h hfTokenizer
	var vocab map[string]int
	if err := json.Unmarshal(data, &h); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if h.Model.Type != "BPE" && h.Model.Type != "" || h.Model.ByteFallback || json.Unmarshal(h.Model.Vocab, &vocab) != nil {
		return fmt.Errorf("%s: only byte-level BPE can be carried over to GGUF: %s", path, noTokenizer)
	}
	size := p.src.ck.Config.VocabSize
	tokens, kinds := make([]string, size), make([]int32, size)
	put := func(id int, text string, kind int32) error {
		if id < 0 || id >= size {
			return fmt.Errorf("%s: token %d is beyond the %d rows of the embedding", path, id, size)
		}
		tokens[id], kinds[id] = text, kind
		return nil
	}
	for text, id := range vocab {
		if err := put(id, text, tokenNormal); err != nil {
			return err
		}
	}
	for _, a := range h.Added {
		kind := int32(tokenUser)
		if a.Special {
			kind = tokenControl
		}
		if err := put(a.ID, a.Content, kind); err != nil {
			return err
		}
	}
	for i := range tokens {
		if kinds[i] == 0 {
			tokens[i], kinds[i] = fmt.Sprintf("[PAD%d]", i), tokenUnused
		}
	}
	merges, err := h.merges()
	if err != nil {
		return fmt.Errorf("%s: merges: %w", path, err)
	}
	p.put("tokenizer.ggml.model", "gpt2")
	p.put("tokenizer.ggml.pre", "")
	p.put("tokenizer.ggml.tokens", tokens)
	p.put("tokenizer.ggml.token_type", kinds)
	p.put("tokenizer.ggml.merges", merges)
	p.endMetadata(want)
	if t := p.src.ck.Chat.Template; t != "" {
		p.put("tokenizer.chat_template", t)
	}
	return p.findPre(want, path)
}

func errorOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// endMetadata says which tokens are added to texts.
func (p *Plan) endMetadata(want tokenizer.Tokenizer) {
	const prefix = "tokenizer.ggml."
	bare := want.Encode(nil, "a", tokenizer.Options{NoPostProcess: true})
	full := want.Encode(nil, "a", tokenizer.Options{})
	at := max(0, slices.Index(full, bare[0]))
	p.put(prefix+"add_bos_token", at > 0)
	p.put(prefix+"add_eos_token", len(full) > at+len(bare))
	if at > 0 {
		p.put(prefix+"bos_token_id", uint32(full[0]))
	}
}

// findPre finds the name of the rule that splits text before BPE: the one of those
// that engines know with which the ids of the probes are the same.
func (p *Plan) findPre(want tokenizer.Tokenizer, path string) error {
	for _, pre := range []string{"llama-bpe", "qwen2", "gpt-2", "dbrx", "starcoder", "falcon", "default"} {
		p.put("tokenizer.ggml.pre", pre)
		got, err := tokenizer.LoadGGUF(entries(p.kv), path)
		if err != nil {
			return fmt.Errorf("%w: %s", err, noTokenizer)
		}
		if differ(want, got) == "" {
			return nil
		}
	}
	return fmt.Errorf("%s: GGUF has no name for how this tokenizer splits text: %s", path, noTokenizer)
}

// probes are texts that tokenizers split differently.
var probes = []string{
	"", " ", "a", "Once upon a time, there was a little girl named Lily.", "  two  spaces   three\tand tab ", "line\nline\n\n\nline \n \r\n end\n",
	"1 12 123 1234 12345678 3.14159", "it's I'LL we've DON'T ſ'ſ he'd", "MixedCase camelCase UPPER123lower_under-score", "!!! ... ??? --- ,,, ;: (a)[b]{c}",
	"func main() { fmt.Println(\"hi\") } // comment\n\tx := y*2 + 0x1F", "Größe Ärger naïve café Ωμέγα Привет мир", "日本語のテキスト 中文字符 한국어", "🙂🙃👩‍👩‍👧 e\u0301 \u00a0 \u200b",
	"١٢٣٤ ४५६ Ⅷ ½ x² H₂O", "http://example.com/a?b=c&d=%20e", "<|begin_of_text|>", "<|end_of_text|> <|eot_id|>after <s> </s> [INST]", "word\u3000word   \n   word",
}

// differ returns the first probe that two tokenizers encode differently, with what
// they add and without, "" if there is none.
func differ(a, b tokenizer.Tokenizer) string {
	for _, text := range probes {
		for _, o := range []tokenizer.Options{{}, {NoPostProcess: true}, {PlainSpecials: true}} {
			if !slices.Equal(a.Encode(nil, text, o), b.Encode(nil, text, o)) {
				return fmt.Sprintf("%q", text)
			}
		}
	}
	return ""
}

// tokenizerFiles carries a byte-level BPE tokenizer and the chat template of a GGUF
// file over to a directory.
func (p *Plan) tokenizerFiles() error {
	kind, ok := p.src.gguf.String("tokenizer.ggml.model")
	if !ok || kind == "no_vocab" || kind == "none" {
		p.note("the source has no tokenizer, so the result has none: it takes token ids")
		return nil
	}
	if kind != "gpt2" {
		return fmt.Errorf("%s: a tokenizer of the kind %q cannot be carried over to a directory: %s", p.Source, kind, noTokenizer)
	}
	want, err := p.src.ck.Tokenizer()
	if err != nil {
		return err
	}
	file, err := p.tokenizerJSON(want)
	if err != nil {
		return err
	}
	if err := p.putJSON("tokenizer.json", file); err != nil {
		return err
	}
	got, err := tokenizer.LoadJSON(p.files["tokenizer.json"], "the new tokenizer.json")
	if err != nil {
		return fmt.Errorf("%w: %s", err, noTokenizer)
	}
	if text := differ(want, got); text != "" {
		return fmt.Errorf("%s: the tokenizer cannot be carried over, it would encode %s differently: %s", p.Source, text, noTokenizer)
	}
	config := map[string]any{"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": p.src.ck.Config.ContextLength}
	chat := &p.src.ck.Chat
	if chat.BOS != "" {
		config["bos_token"] = chat.BOS
	}
	if chat.EOS != "" {
		config["eos_token"] = chat.EOS
	}
	if template := p.template(); template != "" {
		config["chat_template"] = template
	}
	return p.putJSON("tokenizer_config.json", config)
}

// patterns are the expressions behind the names of tokenizer.ggml.pre, and whether
// whole words are looked up before merges are.
var patterns = map[string]struct {
	regex  string
	ignore bool
}{
	"llama-bpe": {`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`, true},
	"dbrx":      {`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`, false},
	"qwen2":     {`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`, false},
	"gpt-2":     {"", false},
}

// tokenizerJSON writes the vocabulary as Hugging Face's library does.
func (p *Plan) tokenizerJSON(want tokenizer.Tokenizer) (map[string]any, error) {
	f := p.src.gguf
	pre, _ := f.String("tokenizer.ggml.pre")
	switch pre {
	case "", "llama3", "llama-v3", "falcon3":
		pre = "llama-bpe"
	}
	rule, ok := patterns[pre]
	if !ok {
		return nil, fmt.Errorf("%s: the rule %q for splitting text cannot be carried over: %s", p.Source, pre, noTokenizer)
	}
	tokens, _ := f.Strings("tokenizer.ggml.tokens")
	kinds, _ := f.Int32s("tokenizer.ggml.token_type")
	joined, _ := f.Strings("tokenizer.ggml.merges")
	vocab, added := map[string]int{}, []map[string]any{}
	for id, text := range tokens {
		kind := int32(tokenNormal)
		if id < len(kinds) {
			kind = kinds[id]
		}
		if want.IsSpecial(int32(id)) {
			kind = tokenControl
		}
		switch {
		case text == "", kind == tokenUnused:
		case kind == tokenControl, kind == tokenUser:
			added = append(added, map[string]any{
				"id": id, "content": text, "special": kind == tokenControl,
				"single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
			})
		default:
			vocab[text] = id
		}
	}
	merges := make([][]string, len(joined))
	for i, m := range joined {
		at := strings.IndexByte(m[min(1, len(m)):], ' ') + 1
		merges[i] = []string{m[:at], m[min(at+1, len(m)):]}
	}
	byteLevel := map[string]any{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": rule.regex == ""}
	split := byteLevel
	if rule.regex != "" {
		split = map[string]any{"type": "Sequence", "pretokenizers": []any{
			map[string]any{"type": "Split", "pattern": map[string]any{"Regex": rule.regex}, "behavior": "Isolated", "invert": false}, byteLevel,
		}}
	}
	return map[string]any{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": added, "normalizer": nil, "pre_tokenizer": split,
		"post_processor": postProcessor(want), "decoder": map[string]any{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
		"model": map[string]any{
			"type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": nil, "end_of_word_suffix": nil,
			"fuse_unk": false, "byte_fallback": false, "ignore_merges": rule.ignore, "vocab": vocab, "merges": merges,
		},
	}, nil
}

// postProcessor adds what a tokenizer adds to the ends of a text.
func postProcessor(want tokenizer.Tokenizer) any {
	bare := want.Encode(nil, "a", tokenizer.Options{NoPostProcess: true})
	full := want.Encode(nil, "a", tokenizer.Options{})
	if len(full) == len(bare) || len(bare) == 0 {
		return nil
	}
	specials := map[string]any{}
	token := func(id int32) any {
		text, _ := want.Token(id)
		specials[text] = map[string]any{"id": text, "ids": []int32{id}, "tokens": []string{text}}
		return map[string]any{"SpecialToken": map[string]any{"id": text, "type_id": 0}}
	}
	sequence := func(name string, kind int) any {
		return map[string]any{"Sequence": map[string]any{"id": name, "type_id": kind}}
	}
	at := slices.Index(full, bare[0])
	var before, after []any
	for _, id := range full[:at] {
		before = append(before, token(id))
	}
	for _, id := range full[at+len(bare):] {
		after = append(after, token(id))
	}
	single := slices.Concat(before, []any{sequence("A", 0)}, after)
	pair := slices.Concat(before, []any{sequence("A", 0), sequence("B", 1)}, after)
	return map[string]any{"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": specials}
}
