//go:build tokenizers

package hf

import (
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/alphabet"
)

// wordPiece is a model of BERT's kind, with a file's truncation and padding.
const wordPiece = `{
	"version": "1.0",
	"truncation": {"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0},
	"padding": {"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
	"added_tokens": [
		{"id": 0, "content": "[PAD]", "special": true, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false},
		{"id": 2, "content": "[CLS]", "special": true, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false},
		{"id": 12, "content": "<tool>", "special": false, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false}
	],
	"normalizer": {"type": "Lowercase"},
	"pre_tokenizer": {"type": "BertPreTokenizer"},
	"post_processor": {"type": "TemplateProcessing",
		"single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
		"pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
		"special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}}},
	"decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
	"model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
		"vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "token": 3, "##iz": 4, "##ing": 5, "text": 6, ".": 7, "[": 8, "]": 9, "cl": 10, "##s": 11}}
}`

// unigram is a model of T5's kind. "ab" as one token is likelier than as two.
const unigram = `{
	"added_tokens": [],
	"pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
	"decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
	"model": {"type": "Unigram", "unk_id": 0, "byte_fallback": false,
		"vocab": [["<unk>", 0.0], ["▁", -2.0], ["a", -3.0], ["b", -3.0], ["ab", -4.0], ["▁a", -9.0]]}
}`

func loadText(t *testing.T, file string) *Tokenizer {
	t.Helper()
	tok, err := LoadJSON([]byte(file), "small")
	require.NoError(t, err)
	t.Cleanup(func() { tok.Close() })
	return tok
}

func TestWordPiece(t *testing.T) {
	tok := loadText(t, wordPiece)
	const text = "[CLS]Tokenizing text.<tool>"
	require.Equal(t, []int32{2, 2, 3, 4, 5, 6, 7, 12}, tok.Encode(nil, text, tokenizer.Options{}), "neither cut nor padded")
	require.Equal(t, []int32{2, 3, 4, 5, 6, 7, 12}, tok.Encode(nil, text, tokenizer.Options{NoPostProcess: true}))
	require.Equal(t, []int32{8, 10, 11, 9, 12}, tok.Encode(nil, "[CLS]<tool>", tokenizer.Options{NoPostProcess: true, PlainSpecials: true}))
	require.Equal(t, []int32{2, 6}, tok.Encode([]int32{2}, "text", tokenizer.Options{NoPostProcess: true}), "appends")
	require.Equal(t, "tokenizing text.", tok.Decode([]int32{2, 3, 4, 5, 6, 7}, true))
	require.Equal(t, "[CLS] token", tok.Decode([]int32{2, 3}, false))
	require.Equal(t, "token", tok.Decode([]int32{-1, 3, 13, 1 << 30}, false), "unknown ids are passed over")
	require.Empty(t, tok.Decode(nil, false))
	require.Equal(t, 13, tok.VocabSize())
	require.Equal(t, "text", string(tok.AppendToken(nil, 6)))
	require.Equal(t, "x[CLS]", string(tok.AppendToken([]byte("x"), 2)))
	require.Empty(t, tok.AppendToken(nil, 13))
	require.True(t, tok.IsSpecial(2))
	require.False(t, tok.IsSpecial(12))
	require.False(t, tok.IsSpecial(-1))
}

func TestUnigram(t *testing.T) {
	tok := loadText(t, unigram)
	list := tok.Encode(nil, "ab ba", tokenizer.Options{})
	require.Equal(t, []int32{1, 4, 1, 3, 2}, list)
	require.Equal(t, "ab ba", tok.Decode(list, false))
	require.Equal(t, 6, tok.VocabSize())
	token, ok := tok.Token(5)
	require.True(t, ok)
	require.Equal(t, "▁a", token)
	require.Equal(t, " a", string(tok.AppendToken(nil, 5)))
	id, ok := tok.ID("ab")
	require.True(t, ok)
	require.EqualValues(t, 4, id)
	_, ok = tok.ID("ba")
	require.False(t, ok)
	_, ok = tok.Token(6)
	require.False(t, ok)
	_, ok = tok.Token(-1)
	require.False(t, ok)
}

// byteLevel has every byte as a token, in the order of the alphabet.
func byteLevel() string {
	var vocab []string
	for b := range 256 {
		vocab = append(vocab, strconv.Quote(string(alphabet.Spell(byte(b))))+":"+strconv.Itoa(b))
	}
	return `{"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},
		"decoder":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},
		"model":{"type":"BPE","vocab":{` + strings.Join(vocab, ",") + `},"merges":[]}}`
}

// TestAlphabet: the library spells bytes alike, or it would not find these ids.
func TestAlphabet(t *testing.T) {
	tok := loadText(t, byteLevel())
	for r := rune(1); r < 0x10FFFF; r += 1 + r>>7 {
		var want []int32
		for _, b := range []byte(string(r)) {
			want = append(want, int32(b))
		}
		require.Equal(t, want, tok.Encode(nil, string(r), tokenizer.Options{}), "%U", r)
	}
	for b := range int32(256) {
		require.Equal(t, []byte{byte(b)}, tok.AppendToken(nil, b))
	}
}

// TestBytesThatCannotPass: what C strings and UTF-8 do not carry.
func TestBytesThatCannotPass(t *testing.T) {
	tok := loadText(t, byteLevel())
	require.Equal(t, []int32{'a', 0xEF, 0xBF, 0xBD, 'b'}, tok.Encode(nil, "a\x00b", tokenizer.Options{}))
	require.Equal(t, []int32{'a', 0xEF, 0xBF, 0xBD, 'b'}, tok.Encode(nil, "a\xFFb", tokenizer.Options{}))
	require.Empty(t, tok.Encode(nil, "", tokenizer.Options{}))
	require.Equal(t, "a\uFFFDb", tok.Decode([]int32{'a', 0xFF, 'b'}, false))
	require.Empty(t, tok.Decode([]int32{'a', 0, 'b'}, false))
}

func TestStream(t *testing.T) {
	tok := loadText(t, byteLevel())
	s := tokenizer.NewStream(tok, false)
	var parts []string
	for _, id := range tok.Encode(nil, "né日", tokenizer.Options{}) {
		parts = append(parts, s.Next(id))
	}
	require.Equal(t, []string{"n", "", "é", "", "", "日"}, parts)
	require.Empty(t, s.Flush())
}

func TestLoadErrors(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"empty", "", "unexpected end of JSON input"},
		{"no JSON", "hello", "invalid character"},
		{"no model", "{}", "not a tokenizer.json"},
		{"vocab of another type", `{"model":{"vocab":7}}`, "model.vocab: json"},
		{"pairs of another type", `{"model":{"vocab":[[1,2]]}}`, "entry 0 is not a token and a score"},
		{"id too large", `{"model":{"vocab":{"a":4294967296}}}`, `the id 4294967296 of "a" is out of range`},
		{"negative id", `{"added_tokens":[{"id":-1,"content":"x"}],"model":{"vocab":{"a":0}}}`, `the id -1 of "x" is out of range`},
		{"Replace without pattern", strings.Replace(unigram, `"decoder": {"type": "Metaspace"`, `"decoder": {"type": "Replace"`, 1), "pattern of Replace"},
		{"unknown model", strings.Replace(unigram, "Unigram", "Bigram", 1), "Failed to create tokenizer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tok, err := LoadJSON([]byte(c.file), "some.json")
			require.ErrorContains(t, err, "hf: some.json: ")
			require.ErrorContains(t, err, c.want)
			require.Nil(t, tok)
		})
	}
}

func TestClose(t *testing.T) {
	tok := loadText(t, wordPiece)
	tok.Encode(nil, "text", tokenizer.Options{PlainSpecials: true})
	require.NoError(t, tok.Close())
	require.NoError(t, tok.Close())
	require.PanicsWithValue(t, "hf: Encode after Close", func() { tok.Encode(nil, "text", tokenizer.Options{}) })
	require.PanicsWithValue(t, "hf: Encode after Close", func() { tok.Encode(nil, "text", tokenizer.Options{PlainSpecials: true}) })
	require.PanicsWithValue(t, "hf: Decode after Close", func() { tok.Decode([]int32{6}, false) })
	require.Equal(t, 13, tok.VocabSize(), "what Go keeps stays")
}

func TestConcurrentUse(t *testing.T) {
	tok := loadText(t, wordPiece)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			opt := tokenizer.Options{PlainSpecials: g%2 == 0, NoPostProcess: true}
			for range 200 {
				list := tok.Encode(nil, "tokenizing text.", opt)
				if text := tok.Decode(list, false); text != "tokenizing text." {
					t.Errorf("concurrent use gives %v, %q", list, text)
					return
				}
			}
		})
	}
	wg.Wait()
}
