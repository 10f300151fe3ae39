package exchange

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden/packed"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
)

// small is a model "llama" with a token for every byte, a few characters and words, and
// what the test adds; scores fall with the ids.
func small(set map[string]any, more ...string) entries {
	tokens, types := []string{"<unk>", "<s>", "</s>"}, []int32{2, 3, 3}
	for b := range 256 {
		tokens, types = append(tokens, fmt.Sprintf("<0x%02X>", b)), append(types, tokenizer.TypeByte)
	}
	for _, text := range append([]string{"th", "he", "the", "▁the", "▁t", "in", "ing", "an", "and", "▁and", "aa", "aaa"}, strings.Split("▁ e t a o i n s r h l d u g . , x y", " ")...) {
		tokens, types = append(tokens, text), append(types, tokenizer.TypeNormal)
	}
	for _, text := range more {
		tokens, types = append(tokens, text), append(types, tokenizer.TypeUser)
	}
	scores := make([]float32, len(tokens))
	for i := range scores {
		scores[i] = -float32(i)
	}
	e := entries{}
	e.put("model", "llama")
	e.put("tokens", tokens)
	e.put("token_type", types)
	e.put("scores", scores)
	e.put("unknown_token_id", uint32(0))
	for key, v := range set {
		e.put(key, v)
	}
	return e
}

// edited is a tokenizer.json with some members replaced; keys such as "model.unk_token" are
// of the model.
func edited(t testing.TB, data []byte, set map[string]any) []byte {
	t.Helper()
	var file map[string]any
	require.NoError(t, json.Unmarshal(data, &file))
	for key, v := range set {
		in := file
		if name, ok := strings.CutPrefix(key, "model."); ok {
			in, key = file["model"].(map[string]any), name
		}
		in[key] = v
	}
	data, err := json.Marshal(file)
	require.NoError(t, err)
	return data
}

func TestSmall(t *testing.T) {
	texts := parity(t)
	for name, e := range map[string]entries{
		"prefix":    small(nil),
		"no prefix": small(map[string]any{"add_space_prefix": false}),
		"both ends": small(map[string]any{"add_eos_token": true}),
		"nothing":   small(map[string]any{"add_bos_token": false}),
		"users":     small(map[string]any{"add_space_prefix": false}, "\n\n", "  ", "<mask>"),
	} {
		t.Run(name, func(t *testing.T) {
			want, err := tokenizer.LoadGGUF(&e, name)
			require.NoError(t, err)
			data, err := ToJSON(&e, name)
			require.NoError(t, err)
			got, err := tokenizer.LoadJSON(data, name)
			require.NoError(t, err)
			requireSame(t, want, got, texts)
			kv, notes, err := ToGGUF(directory(t, map[string][]byte{"tokenizer.json": data}), want.VocabSize()+2)
			require.NoError(t, err)
			require.Empty(t, notes)
			again, err := tokenizer.LoadGGUF(entries(kv), name)
			require.NoError(t, err)
			requireSame(t, want, again, texts)
		})
	}
}

// TestGemma: tokens of several spaces, which directories spell with marks, are added tokens
// and what merges make.
func TestGemma(t *testing.T) {
	e := small(map[string]any{"add_space_prefix": false}, "▁▁", "▁▁▁", "▁▁▁▁", "\n\n")
	data, err := ToJSON(&e, "gemma")
	require.ErrorContains(t, err, "differently")
	require.Nil(t, data)

	types, _ := e.Int32s("tokenizer.ggml.token_type")
	for i := len(types) - 4; i < len(types)-1; i++ {
		types[i] = tokenizer.TypeNormal
	}
	data, err = ToJSON(&e, "gemma")
	require.NoError(t, err)
	var file struct {
		Added []map[string]any `json:"added_tokens"`
	}
	require.NoError(t, json.Unmarshal(data, &file))
	for i := len(types) - 4; i < len(types)-1; i++ {
		file.Added = append(file.Added, map[string]any{"id": i, "content": strings.Repeat("▁", i-len(types)+6), "special": false, "normalized": false})
	}
	data = edited(t, data, map[string]any{"added_tokens": file.Added, "pre_tokenizer": map[string]any{
		"type": "Split", "pattern": map[string]any{"String": " "}, "behavior": "MergedWithPrevious", "invert": false,
	}})
	want, err := tokenizer.LoadJSON(data, "gemma")
	require.NoError(t, err)
	kv, notes, err := ToGGUF(directory(t, map[string][]byte{"tokenizer.json": data}), want.VocabSize())
	require.NoError(t, err)
	require.Len(t, notes, 1)
	require.Contains(t, notes[0], "U+2581")
	got, err := tokenizer.LoadGGUF(entries(kv), "gemma")
	require.NoError(t, err)
	var texts []string
	for _, text := range parity(t) {
		if !strings.Contains(text, mark) {
			texts = append(texts, text)
		}
	}
	require.Greater(t, len(texts), 480)
	requireSame(t, want, got, texts)
}

// TestSpaceOnce: a space in front where there is none is carried over, but for texts that
// the note names.
func TestSpaceOnce(t *testing.T) {
	e := small(nil)
	data, err := ToJSON(&e, "small")
	require.NoError(t, err)
	for _, scheme := range []string{"first", "always"} {
		data := edited(t, data, map[string]any{
			"normalizer": nil, "pre_tokenizer": map[string]any{"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": false},
		})
		want, err := tokenizer.LoadJSON(data, scheme)
		require.NoError(t, err)
		kv, notes, err := ToGGUF(directory(t, map[string][]byte{"tokenizer.json": data}), 1000)
		require.NoError(t, err)
		require.Len(t, notes, 1)
		require.Contains(t, notes[0], "texts that begin with a space")
		got, err := tokenizer.LoadGGUF(entries(kv), scheme)
		require.NoError(t, err)
		texts := slices.DeleteFunc(parity(t), func(text string) bool {
			return strings.HasPrefix(text, " ") || strings.HasPrefix(text, "▁") || strings.Contains(text, "<")
		})
		require.Greater(t, len(texts), 300)
		requireSame(t, want, got, texts)
		require.NotEqual(t, want.Encode(nil, " the", tokenizer.Options{}), got.Encode(nil, " the", tokenizer.Options{}))
	}
}

// TestRefused: what GGUF cannot say is refused by name.
func TestRefused(t *testing.T) {
	e := small(nil)
	data, err := ToJSON(&e, "small")
	require.NoError(t, err)
	type o = map[string]any
	var model struct {
		Model struct {
			Vocab  map[string]int
			Merges []string
		}
	}
	require.NoError(t, json.Unmarshal(data, &model))
	merges := model.Model.Merges
	require.Equal(t, []string{"t h", "h e", "th e", "t he"}, merges[:4])
	fewer := map[string]int{}
	for text, id := range model.Model.Vocab {
		if text != "<0x41>" {
			fewer[text] = id
		}
	}
	for want, set := range map[string]o{
		"no key for the normalizer NFKC":          {"normalizer": o{"type": "NFKC"}},
		"no key for the normalizer Prepend":       {"normalizer": o{"type": "Prepend", "prepend": "x"}},
		"no key for the pre-tokenizer Digits":     {"pre_tokenizer": o{"type": "Digits"}},
		"spaces stay what they are":               {"normalizer": nil},
		"(ignore_merges)":                         {"model.ignore_merges": true},
		"1 are missing":                           {"model.vocab": fewer},
		"has no token for unknown characters":     {"model.unk_token": nil},
		"ways to merge two tokens":                {"model.merges": merges[:len(merges)-1]},
		"merges of \"the\" lie apart":             {"model.merges": append([]string{merges[2], "t h", "h e"}, merges[3:]...)},
		"would decode the token":                  {"added_tokens": []o{{"id": 3, "content": "<0x00>", "special": true, "lstrip": true}}},
		"GGUF cannot say that tokens inside":      {"model.continuing_subword_prefix": "", "model.end_of_word_suffix": "</w>", "model.byte_fallback": false, "model.merges": []string{}},
		"neither byte-level nor falls back on":    {"model.byte_fallback": false},
		"2 tokens are put before a text":          {"post_processor": o{"type": "TemplateProcessing", "single": []o{{"SpecialToken": o{"id": "s"}}, {"Sequence": o{"id": "A"}}}, "special_tokens": o{"s": o{"ids": []int{1, 1}}}}},
		"beyond the 10 rows of the embedding":     nil,
		"GGUF has no kind of model for WordLevel": {"model": o{"type": "WordLevel", "vocab": o{"<unk>": 0}}, "added_tokens": []o{}, "post_processor": nil, "decoder": nil},
	} {
		t.Run(want, func(t *testing.T) {
			rows := 1000
			if set == nil {
				rows = 10
			}
			kv, _, err := ToGGUF(directory(t, map[string][]byte{"tokenizer.json": edited(t, data, set)}), rows)
			require.ErrorContains(t, err, want)
			require.Nil(t, kv)
		})
	}
	kv, _, err := ToGGUF(t.TempDir(), 1000)
	require.NoError(t, err)
	require.Nil(t, kv)
}

// TestRefusedFiles: what a tokenizer.json cannot say.
func TestRefusedFiles(t *testing.T) {
	for want, e := range map[string]entries{
		"made of characters that are no tokens": small(nil, "qz"),
		"have the same score":                   tied(),
		"no expression for the rule":            {{Key: prefix + "model", Value: "gpt2"}, {Key: prefix + "pre", Value: "falcon"}, {Key: prefix + "tokens", Value: []string{"a"}}, {Key: prefix + "merges", Value: []string{}}},
	} {
		if strings.HasPrefix(want, "made") {
			types, _ := e.Int32s(prefix + "token_type")
			types[len(types)-1] = tokenizer.TypeNormal
		}
		data, err := ToJSON(&e, "file")
		require.ErrorContains(t, err, want)
		require.Nil(t, data)
	}
}

// tied is a model whose tokens of letters a have one score, so that places decide.
func tied() entries {
	e := small(nil, "aaaa", "aaaaa", "aaaaaa", "aaaaaaa", "aaaaaaaa")
	tokens, _ := e.Strings(prefix + "tokens")
	types, _ := e.Int32s(prefix + "token_type")
	scores, _ := e.Float32s(prefix + "scores")
	for i, text := range tokens {
		if len(text) > 1 && strings.Trim(text, "a") == "" {
			types[i], scores[i] = tokenizer.TypeNormal, 1
		}
	}
	return e
}

// TestVanishing: byte-level BPE in whose vocabulary "a" is nothing.
func TestVanishing(t *testing.T) {
	data := []byte(`{"version": "1.0", "added_tokens": [{"id": 0, "content": "<s>", "special": true}], "pre_tokenizer": {"type": "ByteLevel", "use_regex": false, "add_prefix_space": false}, "decoder": {"type": "ByteLevel"},
		"post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}], "special_tokens": {"<s>": {"ids": [0]}}},
		"model": {"type": "BPE", "vocab": {"<s>": 0, "æ": 1, "°": 2, "´": 3}, "merges": []}}`)
	kv, _, err := ToGGUF(directory(t, map[string][]byte{"tokenizer.json": data}), 4)
	require.NoError(t, err)
	bos, _ := entries(kv).Uint(prefix + "bos_token_id")
	add, _ := entries(kv).Bool(prefix + "add_bos_token")
	require.True(t, add)
	require.Zero(t, bos)
	back, err := ToJSON(written(t, kv), "vanishing")
	require.NoError(t, err)
	tok, err := tokenizer.LoadJSON(back, "vanishing")
	require.NoError(t, err)
	require.Equal(t, []int32{0, 1, 2, 3}, tok.Encode(nil, "水a", tokenizer.Options{}))
}

// TestHoles: the library numbers added tokens that are not in the model behind it, so they
// are in it where that would be another id.
func TestHoles(t *testing.T) {
	for _, hole := range []string{"", "c"} {
		e := entries{}
		e.put("model", "gpt2")
		e.put("pre", "gpt-2")
		e.put("tokens", []string{"<s>", "a", hole, "b", "<x>", "[PAD5]"})
		e.put("token_type", []int32{tokenizer.TypeControl, 1, 1, 1, tokenizer.TypeControl, tokenizer.TypeUnused})
		e.put("merges", []string{})
		data, err := ToJSON(&e, "holes")
		require.NoError(t, err)
		var file struct {
			Model struct{ Vocab map[string]int }
		}
		require.NoError(t, json.Unmarshal(data, &file))
		want := map[string]int{"<s>": 0, "a": 1, "c": 2, "b": 3}
		if hole == "" {
			want = map[string]int{"<s>": 0, "a": 1, "b": 3, "<x>": 4}
		}
		require.Equal(t, want, file.Model.Vocab)
	}
}

// TestBeyond: an added token that the model has no embedding for is left out with a note.
func TestBeyond(t *testing.T) {
	e := small(nil, "<image>")
	tokens, _ := e.Strings(prefix + "tokens")
	size := len(tokens)
	data, err := ToJSON(&e, "image")
	require.NoError(t, err)
	_, notes, err := ToGGUF(directory(t, map[string][]byte{"tokenizer.json": data}), size)
	require.NoError(t, err)
	require.Empty(t, notes)
	kv, notes, err := ToGGUF(directory(t, map[string][]byte{"tokenizer.json": data}), size-1)
	require.NoError(t, err)
	require.Len(t, notes, 1)
	require.Contains(t, notes[0], "<image>")
	got, err := tokenizer.LoadGGUF(entries(kv), "image")
	require.NoError(t, err)
	require.Equal(t, size-1, got.VocabSize())
}

// TestManyBeyond: other notes do not count among the tokens that may be left out.
func TestManyBeyond(t *testing.T) {
	var more []string
	for i := range mostLeftOut + 1 {
		more = append(more, fmt.Sprintf("<image%d>", i))
	}
	e := small(nil, more...)
	tokens, _ := e.Strings(prefix + "tokens")
	data, err := ToJSON(&e, "images")
	require.NoError(t, err)
	once := edited(t, data, map[string]any{
		"normalizer": nil, "pre_tokenizer": map[string]any{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false},
	})
	for others, data := range [][]byte{data, once} {
		dir := directory(t, map[string][]byte{"tokenizer.json": data})
		_, notes, err := ToGGUF(dir, len(tokens)-mostLeftOut)
		require.NoError(t, err)
		require.Len(t, notes, mostLeftOut+others)
		_, _, err = ToGGUF(dir, len(tokens)-mostLeftOut-1)
		require.ErrorContains(t, err, "is beyond the")
	}
}

// TestFlags: added tokens that take white space in are found between words.
func TestFlags(t *testing.T) {
	data := packed.Read(t, "models/fable-29m/tokenizer.json")
	tok, err := tokenizer.LoadJSON(data, "fable")
	require.NoError(t, err)
	var file struct {
		Added []map[string]any `json:"added_tokens"`
	}
	require.NoError(t, json.Unmarshal(data, &file))
	mask := map[string]any{"id": tok.VocabSize(), "content": "<mask>", "special": true, "normalized": false}
	for _, flag := range []string{"", "lstrip", "rstrip", "single_word"} {
		delete(mask, "lstrip")
		delete(mask, "rstrip")
		if flag != "" {
			mask[flag] = true
		}
		changed := edited(t, data, map[string]any{"added_tokens": append(file.Added, mask)})
		_, _, err = ToGGUF(directory(t, map[string][]byte{"tokenizer.json": changed}), tok.VocabSize()+1)
		if flag == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, "<mask>", flag)
	}
}
