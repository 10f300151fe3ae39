package tokenizer

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// exercise calls every method of a Tokenizer that was made from hostile data.
func exercise(t *testing.T, tok Tokenizer) {
	const text = "the <s> ▁a é日😀\xff\n12 (hello--x) e\u0301"
	for _, opt := range []Options{{}, {NoPostProcess: true, PlainSpecials: true}} {
		checkRanges(t, tok, text, opt)
		list := tok.Encode(nil, text, opt)
		for _, id := range list {
			if id < 0 || int(id) >= tok.VocabSize() {
				t.Fatalf("id %d is outside the vocabulary of %d", id, tok.VocabSize())
			}
		}
		for _, skip := range []bool{false, true} {
			s := NewStream(tok, skip)
			var parts strings.Builder
			for _, id := range list {
				parts.WriteString(s.Next(id))
			}
			parts.WriteString(s.Flush())
			if whole := tok.Decode(list, skip); whole != parts.String() || !utf8.ValidString(whole) {
				t.Fatalf("Decode gives %q, Stream %q", whole, parts.String())
			}
		}
	}
	for id := int32(-1); id <= int32(min(tok.VocabSize(), 1000)); id++ {
		tok.AppendToken(nil, id)
		tok.IsSpecial(id)
		if token, ok := tok.Token(id); ok {
			tok.ID(token)
		}
	}
}

func FuzzLoadJSON(f *testing.F) {
	f.Add(smallJSON(nil))
	f.Add(charJSON(nil))
	f.Add([]byte(`{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]},"added_tokens":[{"id":3,"content":"<s>","special":true,"lstrip":true,"normalized":true}],"normalizer":{"type":"NFC"},"pre_tokenizer":{"type":"Metaspace"},"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}],"special_tokens":{"<s>":{"ids":[3]}}},"decoder":{"type":"Metaspace"}}`))
	f.Add([]byte(`{"model":{"vocab":{"Ġ":0,"a":1,"Ġa":2},"merges":[["Ġ","a"]]},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Digits"},{"type":"Split","pattern":{"String":" "},"behavior":"MergedWithNext"},{"type":"ByteLevel","add_prefix_space":false}]},"decoder":{"type":"ByteLevel"}}`))
	g := readGolden(f)
	for _, k := range g.Tokenizers {
		if data := g.file(f, k); len(data) < 4096 { // large ones take minutes to minimize
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if tok, err := LoadJSON(data, "fuzz"); err == nil {
			exercise(t, tok)
		}
	})
}

func FuzzLoadSentencePiece(f *testing.F) {
	bpeType := protoField(nil, trainerModelType, 2)
	f.Add(spmFile(bpeType, nil))
	f.Add(spmFile(nil, nil))
	f.Add(readUnigramGolden(f).Models[0].Model)
	f.Add(spmFile(bpeType, protoField(nil, normalizerExtraSpaces, 0), pieceMessage("<0x0A>", 0, TypeByte)))
	f.Add(spmFile(nil, protoField(nil, normalizerCharsMap, string(halfCharacter())), pieceMessage("é", 0, TypeUser)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if tok, err := LoadSentencePiece(data, "fuzz"); err == nil {
			exercise(t, tok)
		}
	})
}

func FuzzLoadTiktoken(f *testing.F) {
	f.Add(tiktokenFile("th", "the"))
	spec := Llama3Spec()
	spec.Specials = map[string]int32{"<s>": 1000}
	spec.BOS = ""
	f.Fuzz(func(t *testing.T, data []byte) {
		if tok, err := LoadTiktoken(data, "fuzz", spec); err == nil {
			exercise(t, tok)
		}
	})
}

// FuzzLoadGGUF makes the metadata of lines: the tokens, each with its type, and
// the merges. A space is in front if there is a table of characters.
func FuzzLoadGGUF(f *testing.F) {
	f.Add("gpt2", "llama-bpe", "a\nb\nab\n<s>", "a b", []byte{1, 1, 1, 3}, []byte(nil), uint64(3))
	f.Add("llama", "", "<unk>\n▁\na\n▁a\n<0x0A>", "", []byte{2, 1, 1, 1, 6}, []byte(nil), uint64(1))
	f.Add("t5", "", "<pad>\n</s>\n<unk>\n▁\na\n▁a\nuser\n<0x0A>", "", []byte{3, 3, 2, 1, 1, 1, 4, 6}, []byte(nil), uint64(1))
	f.Add("t5", "", "<pad>\n</s>\n<unk>\na\n\xe2", "", []byte{3, 3, 2, 1, 4}, halfCharacter(), uint64(1))
	f.Fuzz(func(t *testing.T, model, pre, tokens, merges string, types, charsmap []byte, bos uint64) {
		md := mapMetadata{
			"tokenizer.ggml.model": model, "tokenizer.ggml.pre": pre, "tokenizer.ggml.bos_token_id": bos,
			"tokenizer.ggml.tokens": strings.Split(tokens, "\n"), "tokenizer.ggml.merges": strings.Split(merges, "\n"),
			"tokenizer.ggml.precompiled_charsmap": charsmap,
		}
		if len(charsmap) > 0 {
			md["tokenizer.ggml.add_space_prefix"] = true
		}
		var kinds []int32
		var scores []float32
		for _, b := range types {
			kinds = append(kinds, int32(b))
			scores = append(scores, -float32(b))
		}
		md["tokenizer.ggml.token_type"], md["tokenizer.ggml.scores"] = kinds, scores
		if tok, err := LoadGGUF(md, "fuzz"); err == nil {
			exercise(t, tok)
		}
	})
}
