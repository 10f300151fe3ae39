package transcode

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/exchange"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

const noTokenizer = "leave it out with --no-tokenizer"

func (p *Plan) noteNoTokenizer() {
	p.note("the source has no tokenizer, so the result has none: it takes token ids")
}

// textMetadata carries the tokenizer and the chat template of a directory over to GGUF's
// keys.
func (p *Plan) textMetadata() error {
	if p.opts.NoTokenizer {
		p.endIDs()
		return nil
	}
	kv, notes, err := exchange.ToGGUF(p.Source, p.src.ck.Config.VocabSize)
	if err != nil {
		return fmt.Errorf("the tokenizer cannot be carried over to GGUF: %w: %s", err, noTokenizer)
	}
	if kv == nil {
		p.endIDs()
		p.noteNoTokenizer()
		return nil
	}
	p.Notes = append(p.Notes, notes...)
	var ends []int32 // the tokenizer's first: it is what GGUF's is read to put behind a text
	for _, e := range kv {
		if id, ok := e.Value.(uint32); ok && e.Key == checkpoint.TokenKey("eos") {
			ends = append(ends, int32(id))
		}
	}
	p.endIDs(ends...)
	for _, e := range kv {
		p.put(e.Key, e.Value)
	}
	if t := p.src.ck.Chat.Template; t != "" {
		p.put("tokenizer.chat_template", t)
	}
	return nil
}

// tokenizerFiles carries the tokenizer and the chat template of a GGUF file over to a
// directory.
func (p *Plan) tokenizerFiles() error {
	if !p.src.ck.HasTokenizer() {
		p.noteNoTokenizer()
		return nil
	}
	f := p.src.ck.GGUF()
	file, err := exchange.ToJSON(f, p.Source)
	if err != nil {
		return fmt.Errorf("the tokenizer cannot be carried over to a directory: %w: %s", err, noTokenizer)
	}
	p.files["tokenizer.json"] = file
	config := map[string]any{"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": p.src.ck.Config.ContextLength}
	put := func(key, text string) {
		if text != "" {
			config[key] = text
		}
	}
	put("bos_token", p.src.ck.Chat.BOS)
	put("eos_token", p.src.ck.Chat.EOS)
	put("chat_template", p.mendedTemplate())
	tokens, _ := f.Strings(tokenizer.GGUFPrefix + "tokens")
	for key, name := range map[string]string{"unk_token": "unknown", "pad_token": "padding"} {
		if id, ok := f.Uint(checkpoint.TokenKey(name)); ok && id < uint64(len(tokens)) {
			put(key, tokens[id])
		}
	}
	return p.putJSON("tokenizer_config.json", config)
}
