package tokenizer

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// inCharacters converts a range of bytes to one of characters, those that it
// holds a part of, which is what the Hugging Face library gives.
func inCharacters(text string, r Range) [2]int {
	for r.Start > 0 && r.Start < len(text) && !utf8.RuneStart(text[r.Start]) {
		r.Start--
	}
	for r.End < len(text) && !utf8.RuneStart(text[r.End]) {
		r.End++
	}
	return [2]int{utf8.RuneCountInString(text[:r.Start]), utf8.RuneCountInString(text[:r.End])}
}

// checkRanges requires what is true of all ranges, and that ids are those of Encode.
func checkRanges(t require.TestingT, tok Tokenizer, text string, opt Options) {
	ids, ranges := tok.(OffsetEncoder).EncodeOffsets([]int32{7}, []Range{{1, 2}}, text, opt)
	require.Equal(t, tok.Encode([]int32{7}, text, opt), ids, "%q", text)
	require.Len(t, ranges, len(ids))
	require.Equal(t, Range{1, 2}, ranges[0], "appends")
	last := Range{}
	for i, r := range ranges[1:] {
		if r.End < r.Start || r.End > len(text) || r.Start < last.Start || r.End < last.End {
			require.Failf(t, "not a range", "%d of %q is %v behind %v", i, text, r, last)
		}
		last = r
	}
}

// checkOffsets compares with offsets of the Hugging Face library, a flat list. A
// Unigram model there gives every byte of a run of unknown characters the whole
// run: runs tells that a part is enough.
func checkOffsets(t *testing.T, tok Tokenizer, text string, want []int, runs bool) {
	t.Helper()
	_, ranges := tok.(OffsetEncoder).EncodeOffsets(nil, nil, text, Options{NoPostProcess: true})
	require.Len(t, want, 2*len(ranges))
	var got, whole [][2]int
	for i, r := range ranges {
		c, w := inCharacters(text, r), [2]int(want[2*i:])
		if runs && c[0] >= w[0] && c[1] <= w[1] {
			c = w
		}
		got, whole = append(got, c), append(whole, w)
	}
	require.Equal(t, whole, got, "%q", text)
}

func TestGoldenOffsets(t *testing.T) {
	g := readGolden(t)
	compared := 0
	for _, want := range g.Tokenizers {
		tok := mustLoad(t, g.file(t, want))
		t.Run(want.Name, func(t *testing.T) {
			for i, text := range g.Texts {
				checkRanges(t, tok, text, Options{})
				checkRanges(t, tok, text, Options{NoPostProcess: true, PlainSpecials: true})
				if want.Offsets == nil {
					continue
				}
				compared++
				checkOffsets(t, tok, text, want.Offsets[i], strings.HasSuffix(want.Model, "bytes"))
			}
		})
	}
	require.Greater(t, compared, 30*len(g.Texts))
}

func TestOffsetsAreExact(t *testing.T) {
	at := func(tok Tokenizer, text string, opt Options) []string {
		_, ranges := tok.(OffsetEncoder).EncodeOffsets(nil, nil, text, opt)
		var parts []string
		for _, r := range ranges {
			parts = append(parts, text[r.Start:r.End])
		}
		return parts
	}
	require.Equal(t, []string{"the", " the", "\xc3", "\xa9", "<s>", "\xff"}, at(small(t, nil), "the theé<s>\xff", Options{}))
	chars := mustLoad(t, charJSON(nil))
	require.Equal(t, []string{"ab", "\xc3", "\xa9", " ", "<unk>", "b", "b"}, at(chars, "abé <unk>b", Options{}))
	post := small(t, func(top, _ map[string]any) {
		top["post_processor"] = map[string]any{"type": "RobertaProcessing", "cls": []any{"<s>", 5}, "sep": []any{"</s>", 6}, "trim_offsets": true}
	})
	require.Equal(t, []string{"", "the", "", "the", ""}, at(post, "the  the", Options{}))
	nfc := small(t, func(top, _ map[string]any) { top["normalizer"] = map[string]any{"type": "NFC"} })
	require.Equal(t, []string{"\xc3", "\xa9", "e", "e"}, at(nfc, "ée\u0301", Options{}), "what is composed comes from the starter")
	_, ranges := post.(OffsetEncoder).EncodeOffsets(nil, nil, "x", Options{})
	require.Equal(t, []Range{{0, 0}, {0, 1}, {1, 1}}, ranges)
}

// TestOffsetsBesideWhatVanishes: models without an unknown token leave out what they
// do not know.
func TestOffsetsBesideWhatVanishes(t *testing.T) {
	for name, more := range map[string]map[string]any{
		"characters": {"vocab": map[string]int{"a": 0, "b": 1, "ab": 2}, "merges": []any{"a b"}},
		"suffix":     {"vocab": map[string]int{"a": 0, "b</w>": 1, "ab</w>": 2}, "merges": []any{"a b</w>"}, "end_of_word_suffix": "</w>"},
	} {
		tok := mustLoad(t, charJSON(func(top, model map[string]any) {
			top["added_tokens"], top["normalizer"] = []any{}, nil
			model["unk_token"], model["byte_fallback"] = nil, false
			maps.Copy(model, more)
		}))
		ids, ranges := tok.(OffsetEncoder).EncodeOffsets(nil, nil, "éaéxab", Options{})
		require.Equal(t, []int32{0, 2}, ids, name)
		require.Equal(t, []Range{{2, 3}, {6, 8}}, ranges, name)
	}
}

// TestRangesAreTheText: for byte-level models without a normalizer.
func TestRangesAreTheText(t *testing.T) {
	tok := small(t, nil).(OffsetEncoder)
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"the", " the", " ", "é", "日本", "\xff", "<s>", "12", "\n", "😀", "\xe2\x82"})).Draw(t, "text"), "")
		ids, ranges := tok.EncodeOffsets(nil, nil, text, Options{})
		var b strings.Builder
		for i, r := range ranges {
			require.Equal(t, b.Len(), r.Start)
			b.WriteString(text[r.Start:r.End])
			require.Equal(t, text[r.Start:r.End], string(tok.AppendToken(nil, ids[i])))
		}
		require.Equal(t, text, b.String())
	})
}

// TestRangesOfAnyText: random texts, through every tokenizer of the golden data.
func TestRangesOfAnyText(t *testing.T) {
	g := readGolden(t)
	var all []Tokenizer
	for _, k := range g.Tokenizers {
		all = append(all, mustLoad(t, g.file(t, k)))
	}
	parts := append(slices.Clone(g.Texts), "\xff", "\xe2\x82", "<s>", "[UNK]", "▁", "q", "é", "e\u0301\u0316", " \u0301", "\u1100\u1161")
	rapid.Check(t, func(t *rapid.T) {
		tok := rapid.SampledFrom(all).Draw(t, "tokenizer")
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 6).Draw(t, "text"), "")
		checkRanges(t, tok, text, Options{PlainSpecials: rapid.Bool().Draw(t, "plain")})
	})
}

// TestRangesOfAddedTokens: tokens that are added at run time, with any flags.
func TestRangesOfAddedTokens(t *testing.T) {
	g := readGolden(t)
	var all []Tokenizer
	for _, k := range g.Tokenizers {
		all = append(all, mustLoad(t, g.file(t, k)))
	}
	for _, m := range readUnigramGolden(t).Models {
		tok, err := LoadSentencePiece(m.Model, m.Name)
		require.NoError(t, err)
		all = append(all, tok)
	}
	words := []string{"<|a|>", "<|b|>", "the", "th", "é", "x y", "É", "ﬁ", "日本", "e\u0301"}
	parts := slices.Concat(g.Texts, words, []string{" ", "\n", "a", "q", "\xff", "\u0301"})
	rapid.Check(t, func(t *rapid.T) {
		tok := all[rapid.IntRange(0, len(all)-1).Draw(t, "tokenizer")]
		var tokens []AddedToken
		for _, w := range rapid.SliceOfNDistinct(rapid.SampledFrom(words), 1, 5, rapid.ID[string]).Draw(t, "words") {
			flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
			tokens = append(tokens, AddedToken{w, flag("special"), flag("word"), flag("left"), flag("right"), flag("normalized")})
		}
		more, ids, err := AddTokens(tok, tokens)
		require.NoError(t, err)
		for i, id := range ids {
			known, ok := more.ID(tokens[i].Content)
			require.True(t, ok && known == id && more.IsSpecial(id) == tokens[i].Special, "%+v", tokens[i])
		}
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 8).Draw(t, "text"), "")
		checkRanges(t, more, text, Options{PlainSpecials: rapid.Bool().Draw(t, "plain")})
	})
	// What a token takes in may hold another token, as in the Hugging Face library.
	tok, _, err := AddTokens(small(t, nil), []AddedToken{{Content: "<a>", RStrip: true}, {Content: " "}})
	require.NoError(t, err)
	_, ranges := tok.(OffsetEncoder).EncodeOffsets(nil, nil, "<a>  ", Options{})
	require.Equal(t, []Range{{0, 5}, {3, 4}, {4, 5}}, ranges)
}
