package tokenizer

import (
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/charsmap"
)

type object = map[string]any

// wordsJSON is a tokenizer.json of whole words; edit changes it.
func wordsJSON(t testing.TB, edit func(top, model object)) []byte {
	t.Helper()
	model := object{"type": "WordLevel", "unk_token": "<unk>", "vocab": object{"<unk>": 0, "a": 1, "b": 2}}
	top := object{"model": model, "pre_tokenizer": object{"type": "WhitespaceSplit"}}
	edit(top, model)
	data, err := json.Marshal(top)
	require.NoError(t, err)
	return data
}

func repeated(n int, step object) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = step
	}
	return list
}

// TestHostile: files whose steps would multiply a text are refused.
func TestHostile(t *testing.T) {
	replace := func(content string) object {
		return object{"type": "Replace", "pattern": object{"String": "a"}, "content": content}
	}
	seq := func(field string, list []any) object { return object{"type": "Sequence", field: list} }
	for want, edit := range map[string]func(top, model object){
		"normalizer: the replacements can": func(top, _ object) { top["normalizer"] = seq("normalizers", repeated(14, replace("aa"))) },
		"more than 8192 times longer":      func(top, _ object) { top["normalizer"] = replace(strings.Repeat("a", 9000)) },
		"normalizer: the replacements": func(top, _ object) {
			top["normalizer"] = object{"type": "Prepend", "prepend": strings.Repeat("a", 9000)}
		},
		"decoder: the replacements can": func(top, _ object) { top["decoder"] = seq("decoders", repeated(14, replace("aa"))) },
		"has more than 64 steps":        func(top, _ object) { top["normalizer"] = seq("normalizers", repeated(65, object{"type": "NFC"})) },
		"more than 4 steps put": func(top, _ object) {
			top["pre_tokenizer"] = seq("pretokenizers", repeated(5, object{"type": "Metaspace"}))
		},
		"at most 1024 can be found": func(_, m object) {
			m["type"], m["vocab"] = "WordPiece", object{"<unk>": 0, strings.Repeat("a", 1025): 1}
		},
		"unk_token: \"<unk>\" is not in the vocabulary": func(_, m object) { m["vocab"] = object{"a": 0} },
		"max_input_chars_per_word: -1 is negative":      func(_, m object) { m["max_input_chars_per_word"] = -1 },
		"merges: a WordLevel model has none":            func(_, m object) { m["merges"] = []any{} },
		"Unigram alone a list":                          func(_, m object) { m["vocab"] = []any{[]any{"a", 1}} },
		"a Unigram model has an object":                 func(_, m object) { m["type"] = "Unigram" },
		"a WordLevel model behind a ByteLevel": func(top, _ object) {
			top["pre_tokenizer"], top["decoder"] = object{"type": "ByteLevel"}, object{"type": "ByteLevel"}
		},
		"unk_id: 3 is not the id": func(_, m object) {
			m["type"], m["vocab"], m["unk_id"] = "Unigram", []any{[]any{"a", 1}}, 3
		},
		"vocab: token 1: not a token and its score": func(_, m object) { m["vocab"] = []any{[]any{"a", 1}, []any{"b"}} },
		"token 0: more than a token and its score":  func(_, m object) { m["vocab"] = []any{[]any{"a", 1, 2}} },
		`the token "a" has two ids`: func(_, m object) {
			m["type"], m["vocab"] = "Unigram", []any{[]any{"a", 1}, []any{"a", 2}}
		},
		"Precompiled: illegal base64":              func(top, _ object) { top["normalizer"] = object{"type": "Precompiled", "precompiled_charsmap": "?"} },
		"CharDelimiterSplit: the delimiter \"ab\"": func(top, _ object) { top["pre_tokenizer"] = object{"type": "CharDelimiterSplit", "delimiter": "ab"} },
		"BPEDecoder: the suffix is empty":          func(top, _ object) { top["decoder"] = object{"type": "BPEDecoder", "suffix": ""} },
		"CTC is supported as the first step": func(top, _ object) {
			top["decoder"] = seq("decoders", []any{replace("b"), object{"type": "CTC"}})
		},
		"not behind CTC": func(top, _ object) { top["decoder"] = seq("decoders", []any{object{"type": "CTC"}, replace("b")}) },
		"the prepend_scheme \"first\" behind a normalizer": func(top, _ object) {
			top["normalizer"], top["pre_tokenizer"] = object{"type": "Strip"}, object{"type": "Metaspace", "prepend_scheme": "first"}
		},
	} {
		_, err := LoadJSON(wordsJSON(t, edit), "bad.json")
		require.ErrorContains(t, err, want)
	}
}

// halfCharacter is a table of characters whose only key is the byte 0xe2, the first of
// "€", and what it becomes "x".
func halfCharacter() []byte {
	const key, leaf = 0xe2, 0x100
	units := make([]uint32, leaf+1)
	units[0] = 1 << 10                           // the children of the root are from unit 1 on
	units[1^key] = (1^key^leaf)<<10 | 1<<8 | key // a key ends here, its value is the unit leaf
	units[leaf] = 1 << 31
	var trie []byte
	for _, u := range units {
		trie = binary.LittleEndian.AppendUint32(trie, u)
	}
	return append(append(binary.LittleEndian.AppendUint32(nil, uint32(len(trie))), trie...), "x\x00"...)
}

// TestHalfCharacters: what a file does with a part of a character does not trip Encode.
func TestHalfCharacters(t *testing.T) {
	spm, err := LoadSentencePiece(spmFile(nil, protoField(nil, normalizerCharsMap, string(halfCharacter()))), "half.model")
	require.NoError(t, err)
	md := mapMetadata{
		"tokenizer.ggml.model": "t5", "tokenizer.ggml.tokens": []string{"<pad>", "</s>", "<unk>", "a"},
		"tokenizer.ggml.token_type": []int32{3, 3, 2, 1}, "tokenizer.ggml.scores": []float32{0, 0, 0, -1},
		"tokenizer.ggml.add_space_prefix": true, "tokenizer.ggml.precompiled_charsmap": halfCharacter(),
	}
	gguf, err := LoadGGUF(md, "half.gguf")
	require.NoError(t, err)
	for _, tok := range []Tokenizer{spm, gguf} {
		for _, text := range []string{"€", "a€", "€€", "\xe2", " \xe2\x82"} {
			checkRanges(t, tok, text, Options{})
		}
	}
	table, err := charsmap.Parse(halfCharacter())
	require.NoError(t, err)
	n, a := pieceNormalizer{table: table, prefix: true}, newAlignment(0, 4)
	require.Equal(t, "▁x\x82\xaca", n.normalize("€a", a))
	require.Equal(t, []Range{{0, 3}, {0, 3}, {0, 3}, {0, 1}, {1, 3}, {2, 3}, {3, 4}}, a.spans)

	for _, model := range []string{"t5", "llama"} {
		md["tokenizer.ggml.model"] = model
		md["tokenizer.ggml.tokens"] = []string{"<pad>", "</s>", "<unk>", "\xe2"}
		md["tokenizer.ggml.token_type"] = []int32{3, 3, 2, 4}
		_, err := LoadGGUF(md, "half.gguf")
		require.ErrorContains(t, err, `token 3: "\xe2" is not UTF-8`)
	}
	_, err = LoadSentencePiece(spmFile(nil, nil, pieceMessage("\xe2", 0, TypeUser)), "half.model")
	require.ErrorContains(t, err, `token 9: "\xe2" is not UTF-8`)
}

// TestNewModelsOnLongInputs would not end in time if anything were quadratic.
func TestNewModelsOnLongInputs(t *testing.T) {
	g := readGolden(t)
	for _, k := range g.Tokenizers {
		tok := mustLoad(t, g.file(t, k))
		for _, unit := range []string{"a", " ", "xy", "aB", "日", "e\u0301", "-", "b-", "\u0301", "\u1100"} {
			text := strings.Repeat(unit, 1<<13/len(unit))
			tok.Decode(tok.Encode(nil, text, Options{}), false)
			checkRanges(t, tok, text, Options{})
		}
	}
}

// TestConcurrentModels: one tokenizer in several goroutines, for the race
// detector.
func TestConcurrentModels(t *testing.T) {
	g := readGolden(t)
	for _, k := range g.Tokenizers[:12] {
		tok := mustLoad(t, g.file(t, k))
		done := make(chan []int32)
		for range 4 {
			go func() {
				var list []int32
				for _, text := range g.Texts {
					list = tok.Encode(list, text, Options{})
				}
				done <- list
			}()
		}
		want := <-done
		for range 3 {
			require.Equal(t, want, <-done)
		}
	}
}
