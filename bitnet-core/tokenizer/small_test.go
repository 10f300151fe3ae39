package tokenizer

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/alphabet"
)

// smallJSON returns a byte-level tokenizer.json with the 256 bytes, the words
// "the" and "Ġthe", and whatever edit changes.
func smallJSON(edit func(top, model map[string]any)) []byte {
	vocab := map[string]int{}
	for b := range 256 {
		vocab[string(alphabet.Spell(byte(b)))] = b
	}
	for i, token := range []string{"th", "the", "Ġthe"} {
		vocab[token] = 256 + i
	}
	model := map[string]any{"type": "BPE", "vocab": vocab, "merges": []any{"t h", "th e", []string{"Ġ", "the"}}}
	top := map[string]any{
		"version":        "1.0",
		"added_tokens":   []any{added(259, "<s>", "special")},
		"normalizer":     nil,
		"pre_tokenizer":  map[string]any{"type": "ByteLevel", "add_prefix_space": false},
		"post_processor": nil,
		"decoder":        map[string]any{"type": "ByteLevel"},
		"model":          model,
	}
	if edit != nil {
		edit(top, model)
	}
	data, err := json.Marshal(top)
	if err != nil {
		panic(err)
	}
	return data
}

func added(id int, content string, flags ...string) map[string]any {
	t := map[string]any{"id": id, "content": content}
	for _, f := range flags {
		t[f] = true
	}
	return t
}

func small(t testing.TB, edit func(top, model map[string]any)) Tokenizer {
	t.Helper()
	tok, err := LoadJSON(smallJSON(edit), "small.json")
	require.NoError(t, err)
	return tok
}

// charJSON is a tokenizer.json with characters, spaces as marks and byte fallback.
func charJSON(edit func(top, model map[string]any)) []byte {
	vocab := map[string]int{"<unk>": 0, "▁": 1, "a": 2, "b": 3, "▁a": 4, "ab": 5, "▁ab": 6}
	for b := range 256 {
		vocab[fmt.Sprintf("<0x%02X>", b)] = 7 + b
	}
	return smallJSON(func(top, model map[string]any) {
		maps.Copy(model, map[string]any{
			"vocab": vocab, "merges": []any{"▁ a", "a b", "▁ ab", "▁a b"},
			"unk_token": "<unk>", "byte_fallback": true, "fuse_unk": true,
		})
		pattern := func(s string) map[string]any { return map[string]any{"String": s} }
		maps.Copy(top, map[string]any{
			"added_tokens":  []any{added(0, "<unk>", "special")},
			"pre_tokenizer": nil,
			"normalizer": map[string]any{"type": "Sequence", "normalizers": []any{
				map[string]any{"type": "Prepend", "prepend": "▁"},
				map[string]any{"type": "Replace", "pattern": pattern(" "), "content": "▁"},
			}},
			"decoder": map[string]any{"type": "Sequence", "decoders": []any{
				map[string]any{"type": "Replace", "pattern": pattern("▁"), "content": " "},
				map[string]any{"type": "ByteFallback"},
				map[string]any{"type": "Fuse"},
				map[string]any{"type": "Strip", "content": " ", "start": 1, "stop": 0},
			}},
		})
		if edit != nil {
			edit(top, model)
		}
	})
}

func TestSmall(t *testing.T) {
	tok := small(t, nil)
	require.Equal(t, []int32{257, 258, '.', 259, 258}, tok.Encode(nil, "the the.<s> the", Options{}))
	require.Equal(t, []int32{9, '<', 's', '>'}, tok.Encode([]int32{9}, "<s>", Options{PlainSpecials: true}), "appends")
	require.Equal(t, 260, tok.VocabSize())
	require.Equal(t, "the the<s>", tok.Decode([]int32{257, 258, 259}, false))
	require.Equal(t, "the the", tok.Decode([]int32{257, 259, 258, 260, -1}, true))
	require.Equal(t, "x the<s>", string(tok.AppendToken(tok.AppendToken([]byte("x"), 258), 259)))
	require.Empty(t, tok.AppendToken(nil, 260))
	require.Empty(t, tok.AppendToken(nil, -1))
	for id := range int32(260) {
		token, ok := tok.Token(id)
		require.True(t, ok)
		back, ok := tok.ID(token)
		require.True(t, ok, token)
		require.Equal(t, id, back)
		require.Equal(t, id == 259, tok.IsSpecial(id))
	}
	for _, id := range []int32{-1, 260, 1 << 30} {
		_, ok := tok.Token(id)
		require.False(t, ok)
		require.False(t, tok.IsSpecial(id))
	}
	for _, token := range []string{"", "nothing", " the", "日"} {
		_, ok := tok.ID(token)
		require.False(t, ok, token)
	}
}

func TestBytesSurvive(t *testing.T) {
	for name, tok := range map[string]Tokenizer{"bytes": small(t, nil), "chars": mustLoad(t, charJSON(nil))} {
		for _, text := range []string{"\xff", "a\xc3", "the\x80\xbf the", "\xf0\x9f\x98", "é日😀\x00"} {
			var got []byte
			for _, id := range tok.Encode(nil, text, Options{}) {
				got = tok.AppendToken(got, id)
			}
			require.Equal(t, text, strings.TrimPrefix(string(got), " "), name)
		}
	}
}

func mustLoad(t testing.TB, data []byte) Tokenizer {
	t.Helper()
	tok, err := LoadJSON(data, "test.json")
	require.NoError(t, err)
	return tok
}

func TestAddedTokens(t *testing.T) {
	tok := small(t, func(top, _ map[string]any) {
		top["added_tokens"] = []any{
			added(300, "<a>", "special"), added(301, "<a><b>", "special"), added(302, "word", "single_word"),
			added(303, "[L]", "lstrip"), added(304, "[R]", "rstrip"), added(305, "[N]", "normalized"), added(306, "  "),
		}
	})
	for text, want := range map[string][]int32{
		"<a><b><a>":   {301, 300},
		"<a<a>":       {'<', 'a', 300},
		"word words":  {302, ' ', 'w', 'o', 'r', 'd', 's'},
		"a.word.":     {'a', '.', 302, '.'},
		"_word":       {'_', 'w', 'o', 'r', 'd'},
		"éword":       {0xC3, 0xA9, 'w', 'o', 'r', 'd'},
		"a \t[L] b":   {'a', 303, ' ', 'b'},
		"a [R] \n b":  {'a', ' ', 304, 'b'},
		"[R]  [L]":    {304, 306, 303}, // the spaces that [R] takes are a token of their own
		"[L][L]":      {303, 303},
		"x[N]":        {'x', 305},
		"a   b":       {'a', 306, ' ', 'b'},
		"[R] \u00a0x": {304, 'x'},
	} {
		require.Equal(t, want, tok.Encode(nil, text, Options{}), "%q", text)
	}
	require.Equal(t, []int32{'<', 'a', '>', 303}, tok.Encode(nil, "<a> [L]", Options{PlainSpecials: true}), "not special: still a token")
	require.Equal(t, 307, tok.VocabSize())
	_, ok := tok.Token(270)
	require.False(t, ok, "a hole")
	token, _ := tok.Token(306)
	require.Equal(t, "  ", token)
	id, _ := tok.ID("  ")
	require.EqualValues(t, 306, id)
	require.Equal(t, "  ", tok.Decode([]int32{306}, false))
}

func TestCharacters(t *testing.T) {
	tok := mustLoad(t, charJSON(nil))
	enc := func(text string) []int32 { return tok.Encode(nil, text, Options{}) }
	require.Equal(t, []int32{6}, enc("ab"))
	require.Equal(t, []int32{4, 7 + 0xC3, 7 + 0xA9, 1, 3}, enc("aé b"))
	require.Equal(t, []int32{1, 1, 4}, enc("  a"))
	require.Equal(t, "ab  b", tok.Decode(enc("ab  b"), false))
	require.Equal(t, " a", tok.Decode([]int32{1, 4}, false), "one space is stripped")
	require.Equal(t, "é", tok.Decode([]int32{7 + 0xC3, 7 + 0xA9}, false))
	require.Equal(t, "\uFFFD\uFFFD\uFFFDa", tok.Decode([]int32{7 + 0xC3, 7 + 0xA9, 7 + 0xC3, 2}, false), "a bad run, as HF decodes it")
	require.Equal(t, "<unk> a", tok.Decode([]int32{0, 4}, false))
	require.Equal(t, "a", tok.Decode([]int32{0, 4}, true))
}

func TestMetaspace(t *testing.T) {
	meta := func(scheme string, cut bool) Tokenizer {
		return mustLoad(t, charJSON(func(top, _ map[string]any) {
			top["added_tokens"] = append(top["added_tokens"].([]any), added(263, "a b", "normalized"))
			m := map[string]any{"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": cut}
			top["normalizer"], top["pre_tokenizer"], top["decoder"] = nil, m, m
		}))
	}
	for _, cut := range []bool{true, false} {
		require.Equal(t, []int32{4, 0, 4}, meta("always", cut).Encode(nil, "a<unk>a", Options{}))
		require.Equal(t, []int32{4, 0, 2}, meta("first", cut).Encode(nil, "a<unk>a", Options{}))
		require.Equal(t, []int32{0, 2}, meta("first", cut).Encode(nil, "<unk>a", Options{}))
		require.Equal(t, []int32{2, 0, 4}, meta("never", cut).Encode(nil, "a<unk> a", Options{}))
	}
	require.Equal(t, []int32{4, 263, 5}, meta("first", true).Encode(nil, "aa bab", Options{}), "found before spaces become marks")
	require.Equal(t, []int32{4, 1, 4}, meta("always", true).Encode(nil, " a  a", Options{}))
	require.Equal(t, "a a", meta("always", true).Decode([]int32{4, 4}, false))
	require.Equal(t, " a a", meta("never", true).Decode([]int32{4, 4}, false))
}

func TestNoDecoderJoinsWithSpaces(t *testing.T) {
	tok := mustLoad(t, charJSON(func(top, _ map[string]any) { top["decoder"] = nil }))
	require.Equal(t, "▁a b", tok.Decode([]int32{4, 3}, false))
}

func TestPostProcessors(t *testing.T) {
	template := func(name string, ids ...int) map[string]any {
		return map[string]any{
			"type": "TemplateProcessing",
			"single": []any{
				map[string]any{"SpecialToken": map[string]any{"id": name}},
				map[string]any{"Sequence": map[string]any{"id": "A"}},
				map[string]any{"SpecialToken": map[string]any{"id": name}},
			},
			"special_tokens": map[string]any{name: map[string]any{"ids": ids}},
		}
	}
	for _, c := range []struct {
		post any
		want []int32
	}{
		{nil, []int32{'x'}},
		{template("<s>", 259), []int32{259, 'x', 259}},
		{template("<s>", 1, 2), []int32{1, 2, 'x', 1, 2}},
		{map[string]any{"type": "Sequence", "processors": []any{template("a", 1), map[string]any{"type": "ByteLevel"}, template("b", 2)}}, []int32{2, 1, 'x', 1, 2}},
		{map[string]any{"type": "RobertaProcessing", "cls": []any{"<s>", 5}, "sep": []any{"</s>", 6}}, []int32{5, 'x', 6}},
	} {
		tok := small(t, func(top, _ map[string]any) { top["post_processor"] = c.post })
		require.Equal(t, c.want, tok.Encode(nil, "x", Options{}))
		require.Equal(t, []int32{'x'}, tok.Encode(nil, "x", Options{NoPostProcess: true}))
		before, behind, err := Ends(tok)
		require.NoError(t, err)
		require.Equal(t, c.want, slices.Concat(before, []int32{'x'}, behind))
		bos := int32(-1)
		if len(before) > 0 {
			bos = c.want[0]
		}
		require.Equal(t, bos, BOS(tok))
	}
}

func TestPreTokenizers(t *testing.T) {
	step := func(typ string, kv ...any) map[string]any {
		m := map[string]any{"type": typ}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i].(string)] = kv[i+1]
		}
		return m
	}
	pieces := func(text string, steps ...any) []string {
		tok := small(t, func(top, _ map[string]any) {
			steps = append(steps, step("ByteLevel", "add_prefix_space", false, "use_regex", false))
			top["pre_tokenizer"] = step("Sequence", "pretokenizers", steps)
		}).(*pipeline)
		var out []string
		var cut func(text string, level int)
		cut = func(text string, level int) {
			if level == len(tok.steps) {
				out = append(out, text)
				return
			}
			for i := 0; i < len(text); {
				end, drop := tok.steps[level].next(text, i)
				if !drop {
					cut(text[i:end], level+1)
				}
				i = end
			}
		}
		cut(text, 0)
		return out
	}
	space := map[string]any{"String": " "}
	require.Equal(t, []string{"a", " ", "b"}, pieces("a b", step("Split", "pattern", space, "behavior", "Isolated")))
	require.Equal(t, []string{"a ", "b"}, pieces("a b", step("Split", "pattern", space, "behavior", "MergedWithPrevious")))
	require.Equal(t, []string{"a", " b"}, pieces("a b", step("Split", "pattern", space, "behavior", "MergedWithNext")))
	require.Equal(t, []string{"a", "1", "2", "b"}, pieces("a12b", step("Digits", "individual_digits", true)))
	require.Equal(t, []string{"a", "12", "b"}, pieces("a12b", step("Digits")))
	require.Equal(t, []string{"a", ".", ".", "b"}, pieces("a..b", step("Punctuation")))
	require.Equal(t, []string{"a", "..", "b"}, pieces("a..b", step("Punctuation", "behavior", "Contiguous")))
	require.Equal(t, []string{"a", "..", " x"}, pieces("a.. x", step("Punctuation", "behavior", "Contiguous"), step("ByteLevel", "add_prefix_space", false)))
	require.Equal(t, []string{" ", "123", "4"}, pieces(" 1234", step("ByteLevel", "add_prefix_space", false), step("Digits"),
		step("Split", "pattern", map[string]any{"Regex": "[0-9][0-9][0-9]"}, "behavior", "Isolated")))

	lead := small(t, func(top, _ map[string]any) { top["pre_tokenizer"] = step("ByteLevel") })
	require.Equal(t, []int32{258, 259, 258}, lead.Encode(nil, "the<s> the", Options{}))
	require.Equal(t, []int32{259, 259}, lead.Encode(nil, "<s><s>", Options{}), "nothing lies between")
}
