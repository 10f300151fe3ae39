package tokenizer

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestJSONErrors(t *testing.T) {
	type object = map[string]any
	seq := func(list string, steps ...any) object { return object{"type": "Sequence", list: steps} }
	regex := object{"Regex": `\w+|x`}
	for want, edit := range map[string]func(top, model object){
		`model: type: Bigrams`:            func(_, m object) { m["type"] = "Bigrams" },
		`version: 2.0`:                    func(top, _ object) { top["version"] = "2.0" },
		`no member "model"`:               func(top, _ object) { delete(top, "model") },
		`no member "vocab"`:               func(_, m object) { delete(m, "vocab") },
		`model: vocab: "a": json: offset`: func(_, m object) { m["vocab"] = object{"a": "b"} },
		`model: vocab: "a": the id 2147483648 is out of range`: func(_, m object) { m["vocab"] = object{"a": int64(1 << 31)} },
		`model: vocab: "a": the id -1 is out of range`:         func(_, m object) { m["vocab"] = object{"a": -1} },

		`id 0 is given to "`:                                  func(_, m object) { m["vocab"] = object{"a": 0, "b": 0} },
		`merge 0: "q" is not in the vocabulary`:               func(_, m object) { m["vocab"] = object{"t": 0}; m["merges"] = []any{"q t"} },
		`merge 1: "t" and "t" merge to something`:             func(_, m object) { m["merges"] = []any{"t h", "t t"} },
		`merge 0: "th" is not two tokens`:                     func(_, m object) { m["merges"] = []any{"th"} },
		`merge 0: "t h e" is not two tokens`:                  func(_, m object) { m["merges"] = []any{"t h e"} },
		`merge 0: 1 tokens, want 2`:                           func(_, m object) { m["merges"] = []any{[]string{"t"}} },
		`merge 0: more than two tokens`:                       func(_, m object) { m["merges"] = []any{[]string{"t", "h", "e"}} },
		`"日" is not spelled in the byte alphabet`:             func(_, m object) { m["merges"] = []any{"日 h"} },
		`merge 2: " " and "the" merge to something`:           func(_, m object) { m["continuing_subword_prefix"] = "##" },
		`the prefix or suffix "日" is not spelled in the byte`: func(_, m object) { m["end_of_word_suffix"] = "日" },
		`byte_fallback together with continuing_subword_pref`: func(_, m object) { m["end_of_word_suffix"], m["byte_fallback"] = "</w>", true },
		`dropout: 0.1 is set`:                                 func(_, m object) { m["dropout"] = 0.1 },
		`unk_token: "[UNK]" is not in the vocabulary`:         func(_, m object) { m["unk_token"] = "[UNK]" },
		`added_tokens: "the" has the id 300, but 257`:         func(top, _ object) { top["added_tokens"] = []any{added(300, "the")} },
		`added_tokens: id 257 is given to "the" and to "<s>"`: func(top, _ object) { top["added_tokens"] = []any{added(257, "<s>")} },
		`added_tokens: "<s>" occurs twice`:                    func(top, _ object) { top["added_tokens"] = []any{added(260, "<s>"), added(260, "<s>")} },
		`the token with id 260 has no content`:                func(top, _ object) { top["added_tokens"] = []any{added(260, "")} },
		`the token "x" has no id`:                             func(top, _ object) { top["added_tokens"] = []any{object{"content": "x"}} },
		`normalizer: the type "Uppercase" is not supported`:   func(top, _ object) { top["normalizer"] = object{"type": "Uppercase"} },
		`normalizer: the pattern "a+b" of a Replace`:          func(top, _ object) { top["normalizer"] = object{"type": "Replace", "pattern": object{"Regex": "a+b"}} },
		`normalizer: an object has no "type"`:                 func(top, _ object) { top["normalizer"] = object{} },
		`pre_tokenizer: not an object`:                        func(top, _ object) { top["pre_tokenizer"] = "ByteLevel" },
		`Split: there is no scanner for the pattern "\\w+|x"`: func(top, _ object) {
			top["pre_tokenizer"] = seq("pretokenizers", object{"type": "Split", "pattern": regex, "behavior": "Isolated"}, object{"type": "ByteLevel"})
		},
		`Split: the behavior "Doubled" (invert false)`: func(top, _ object) {
			top["pre_tokenizer"] = seq("pretokenizers", object{"type": "Split", "pattern": object{"String": "a"}, "behavior": "Doubled"})
		},
		`pre_tokenizer: the type "UnicodeScripts"`:           func(top, _ object) { top["pre_tokenizer"] = object{"type": "UnicodeScripts"} },
		`a Sequence has no list "pretokenizers"`:             func(top, _ object) { top["pre_tokenizer"] = object{"type": "Sequence"} },
		`post_processor: TemplateProcessing: "single" has 0`: func(top, _ object) { top["post_processor"] = object{"type": "TemplateProcessing", "single": []any{}} },
		`TemplateProcessing: "<x>": 9999 is not the id`: func(top, _ object) {
			top["post_processor"] = object{"type": "TemplateProcessing", "single": []any{object{"SpecialToken": object{"id": "<x>"}}}, "special_tokens": object{"<x>": object{"ids": []int{9999}}}}
		},
		`decoder: the type "Words" is not`:                     func(top, _ object) { top["decoder"] = object{"type": "Words"} },
		`decoder: pre-tokenizer and decoder must both be Byte`: func(top, _ object) { top["decoder"] = nil },
		`decoder: Strip is supported once after Fuse`: func(top, _ object) {
			top["decoder"] = seq("decoders", object{"type": "Fuse"}, object{"type": "Strip", "content": " ", "start": 1, "stop": 1})
		},
		`pre_tokenizer: ByteLevel: "add_prefix_space" is not`: func(top, _ object) { top["pre_tokenizer"] = object{"type": "ByteLevel", "add_prefix_space": 3} },
		`the vocabulary is mostly holes`: func(_, m object) {
			m["merges"] = []any{}
			m["vocab"] = object{"a": 0, strings.Repeat("b", 1<<15): 5000}
		},
	} {
		_, err := LoadJSON(smallJSON(edit), "bad.json")
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "tokenizer: bad.json: ")
	}
}

func TestJSONText(t *testing.T) {
	whole := smallJSON(nil)
	for n := 0; n < len(whole); n += 37 {
		_, err := LoadJSON(whole[:n], "cut.json")
		require.ErrorContains(t, err, "json: offset", "%d", n)
	}
	for text, want := range map[string]string{
		`[]`: "not an object",
		strings.Replace(string(whole), `"version"`, `"decoder":null,"version"`, 1): "occurs twice",
		strings.Replace(string(whole), `"t":116`, `"t":116,"t":300`, 1):            `the token "t" has two ids`,
		`{"normalizer":` + strings.Repeat(`[`, 1<<20):                              "nested deeper",
		`{"x":` + strings.Repeat(`{"a":`, 1<<20):                                   "nested deeper",
		string(whole) + "x":                                                        "after the end",
	} {
		_, err := LoadJSON([]byte(text), "bad.json")
		require.ErrorContains(t, err, want)
	}
}

func TestJSONOrderOfMembers(t *testing.T) {
	var top map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(smallJSON(nil), &top))
	var model map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(top["model"], &model))
	data := fmt.Sprintf(`{"model":{"merges":%s,"vocab":%s},"decoder":%s,"pre_tokenizer":%s}`,
		model["merges"], model["vocab"], top["decoder"], top["pre_tokenizer"])
	require.Equal(t, []int32{257, 258}, mustLoad(t, []byte(data)).Encode(nil, "the the", Options{}))
}

func tiktokenFile(tokens ...string) []byte {
	var b bytes.Buffer
	for i := range 256 {
		fmt.Fprintf(&b, "%s %d\n", base64.StdEncoding.EncodeToString([]byte{byte(i)}), i)
	}
	for i, token := range tokens {
		fmt.Fprintf(&b, "%s %d\n", base64.StdEncoding.EncodeToString([]byte(token)), 256+i)
	}
	return b.Bytes()
}

func TestTiktoken(t *testing.T) {
	spec := Llama3Spec()
	spec.Specials = map[string]int32{"<s>": 300, "<|begin_of_text|>": 301}
	tok, err := LoadTiktoken(tiktokenFile("th", "he", "the"), "small.model", spec)
	require.NoError(t, err)
	require.Equal(t, []int32{301, 258, 300, 256}, tok.Encode(nil, "the<s>th", Options{}))
	require.Equal(t, 302, tok.VocabSize())
	require.Equal(t, "the<s>", tok.Decode([]int32{258, 299, 300}, false))

	whole := string(tiktokenFile("th"))
	for data, want := range map[string]string{
		"":                        "the byte 0x00 is not a token",
		"IQ== 0\nIg== x\n":        `line 2: "Ig== x" is not a token`,
		"IQ==\n":                  "line 1",
		"I! 0\n":                  "not a token in base64",
		" 0\n":                    "not a token in base64",
		"IQ== 2147483648\n":       "line 1",
		"IQ== -1\n":               "line 1",
		"IQ== 0\nIg== 0\n":        "line 2: id 0 is given",
		"IQ== 5\n":                "ranks are missing",
		whole + "dGg= 257\n":      "has two ids, 256 and 257",
		whole[:len(whole)/2] + "": "line",
	} {
		_, err := LoadTiktoken([]byte(data), "bad.model", spec)
		require.ErrorContains(t, err, want, "%q", data)
	}
	for want, spec := range map[string]TiktokenSpec{
		"not Llama 3's file":                  {},
		`no scanner for the pattern "x"`:      {Pattern: "x"},
		`the BOS token "b" is not among`:      {Pattern: spec.Pattern, BOS: "b"},
		`special tokens: id 3 is given to`:    {Pattern: spec.Pattern, Specials: map[string]int32{"s": 3}},
		`"s" has the id 2147483647, which is`: {Pattern: spec.Pattern, Specials: map[string]int32{"s": math.MaxInt32}},
	} {
		_, err := LoadTiktoken([]byte(whole), "bad.model", spec)
		require.ErrorContains(t, err, want)
	}
}

// protoField appends a length-delimited field, or a number if v is an int.
func protoField(b []byte, number int, v any) []byte {
	switch v := v.(type) {
	case int:
		return binary.AppendUvarint(binary.AppendUvarint(b, uint64(number)<<3), uint64(v))
	case float32:
		return binary.LittleEndian.AppendUint32(binary.AppendUvarint(b, uint64(number)<<3|5), math.Float32bits(v))
	case string:
		return append(binary.AppendUvarint(binary.AppendUvarint(b, uint64(number)<<3|2), uint64(len(v))), v...)
	}
	panic("protoField: kind")
}

func pieceMessage(text string, score float32, typ pieceType) []byte {
	return protoField(protoField(protoField(nil, pieceText, text), pieceScore, score), pieceKind, int(typ))
}

// spmFile is a SentencePiece model; trainer and normalizer are given as their
// messages.
func spmFile(trainer, normalizer []byte, more ...[]byte) []byte {
	pieces := [][]byte{
		pieceMessage("<unk>", 0, TypeUnknown), pieceMessage("<s>", 0, TypeControl), pieceMessage("</s>", 0, TypeControl),
		pieceMessage("▁", -3, TypeNormal), pieceMessage("a", -3, TypeNormal), pieceMessage("b", -3, TypeNormal),
		pieceMessage("ab", -1, TypeNormal), pieceMessage("▁a", -2, TypeNormal), pieceMessage("[U]", 0, TypeUser),
	}
	var b []byte
	for _, p := range append(pieces, more...) {
		b = protoField(b, modelPieces, string(p))
	}
	return protoField(protoField(b, modelTrainer, string(trainer)), modelNormalizer, string(normalizer))
}

func TestSentencePiece(t *testing.T) {
	bpeType := protoField(nil, trainerModelType, 2)
	load := func(normalizer []byte) Tokenizer {
		tok, err := LoadSentencePiece(spmFile(bpeType, normalizer), "small.model")
		require.NoError(t, err)
		return tok
	}
	tok := load(protoField(nil, normalizerExtraSpaces, 0))
	require.Equal(t, []int32{1, 3, 6, 3, 3, 5}, tok.Encode(nil, "ab  b", Options{}), "the higher score merges first")
	require.Equal(t, []int32{1, 7, 2, 7, 8, 5}, tok.Encode(nil, "a</s>a[U]b", Options{}), "text goes on behind a user-defined token")
	require.Equal(t, []int32{3, 0, 3, 5}, tok.Encode(nil, "<s> b", Options{NoPostProcess: true, PlainSpecials: true}), "unknowns fuse")
	require.Equal(t, "ab  b", tok.Decode([]int32{3, 6, 3, 3, 5}, false))
	require.Equal(t, "a", tok.Decode([]int32{1, 7}, true))
	require.Equal(t, "<s> a", tok.Decode([]int32{1, 7}, false))

	require.Equal(t, []int32{1, 3, 6, 3, 5}, load(nil).Encode(nil, "  ab   b ", Options{}), "spaces collapse unless the file says otherwise")
	require.Equal(t, []int32{1}, load(nil).Encode(nil, "  ", Options{}))
	require.Equal(t, []int32{1, 4}, load(protoField(nil, normalizerPrefix, 0)).Encode(nil, "a", Options{}))

	whole := spmFile(bpeType, nil)
	for n := range whole {
		_, _ = LoadSentencePiece(whole[:n], "cut.model") // must not panic
	}
	for want, data := range map[string][]byte{
		"no pieces":                       nil,
		"4 bytes, but 1 follow":           spmFile(nil, protoField(nil, normalizerCharsMap, "\x04\x00\x00\x00x")),
		"the model is of type 4":          spmFile(protoField(nil, trainerModelType, 4), nil),
		"spaces behind words":             spmFile(protoField(bpeType, trainerSuffix, 1), nil),
		"by a table":                      spmFile(bpeType, protoField(nil, normalizerCharsMap, "x")),
		"do not escape":                   spmFile(bpeType, protoField(nil, normalizerEscapeWhitespace, 0)),
		"piece 9 is empty":                spmFile(bpeType, nil, pieceMessage("", 0, TypeNormal)),
		"token 9: \"\\xff\" is not UTF-8": spmFile(bpeType, nil, pieceMessage("\xff", 0, TypeNormal)),
		"piece 9: the type 7":             spmFile(bpeType, nil, pieceMessage("x", 0, 7)),
		"token 9 is a byte but":           spmFile(bpeType, nil, pieceMessage("x", 0, TypeByte)),
		"has two ids, 4 and 9":            spmFile(bpeType, nil, pieceMessage("a", 0, TypeNormal)),
		"token 9 is not a number":         spmFile(bpeType, nil, pieceMessage("x", float32(math.NaN()), TypeNormal)),
		"special token id 99":             spmFile(protoField(bpeType, trainerBOS, 99), nil),
		"longer than what is left":        whole[:len(whole)-1],
		"not a protobuf field":            append(bytes.Clone(whole), 0xFF),
		"is cut off":                      append(bytes.Clone(whole), 9<<3|5),
		"unknown kind 3":                  append(bytes.Clone(whole), 9<<3|3),
	} {
		_, err := LoadSentencePiece(data, "bad.model")
		require.ErrorContains(t, err, want)
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, data, 0o600))
		return path
	}
	spm := spmFile(protoField(nil, trainerModelType, 2), nil)
	for path, size := range map[string]int{
		write("some.name", append([]byte("\n "), smallJSON(nil)...)): 260,
		filepath.Dir(write("j/tokenizer.json", smallJSON(nil))):      260,
		filepath.Dir(write("m/tokenizer.model", spm)):                9,
	} {
		tok, err := Open(path)
		require.NoError(t, err)
		require.Equal(t, size, tok.VocabSize())
	}
	for path, want := range map[string]string{
		write("empty", nil):                       "is empty",
		write("g.gguf", []byte("GGUF\x03\x00")):   "is a GGUF model",
		write("odd", []byte("hello")):             "is neither",
		write("t", tiktokenFile()):                "not Llama 3's file",
		filepath.Dir(write("d/other", []byte{1})): "holds neither",
		filepath.Join(dir, "absent"):              "no such file",
	} {
		_, err := Open(path)
		require.ErrorContains(t, err, want)
	}
}
