package tokenizer

import (
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A goldenToken is one of the tokens that scripts/tokenizers_golden.py adds.
type goldenToken struct {
	Content                 string
	Special, LStrip, RStrip bool
	SingleWord              bool `json:"single_word"`
	Normalized              bool
}

// listed makes nil and empty equal.
func listed(list []int32) []int32 { return ids(list) }

// goldenExtended is what a tokenizer does with the tokens.
type goldenExtended struct {
	Tokens  []int32
	IDs     [][]int32
	Offsets [][]int
	Decoded []goldenDecoded
}

func TestGoldenExtended(t *testing.T) {
	g := readGolden(t)
	var tokens []AddedToken
	for _, a := range g.Added {
		tokens = append(tokens, AddedToken{a.Content, a.Special, a.SingleWord, a.LStrip, a.RStrip, a.Normalized})
	}
	compared := 0
	for _, want := range g.Tokenizers {
		if want.Extended == nil {
			continue
		}
		compared++
		t.Run(want.Name, func(t *testing.T) {
			e := want.Extended
			old := mustLoad(t, g.file(t, want))
			tok, ids, err := AddTokens(old, tokens)
			require.NoError(t, err)
			require.Equal(t, e.Tokens, ids)
			normalized := func(id int32) bool {
				i := slices.Index(ids, id)
				return i >= 0 && tokens[i].Normalized
			}
			for i, text := range g.AddedTexts {
				require.Equal(t, listed(e.IDs[i]), listed(tok.Encode(nil, text, Options{NoPostProcess: true})), "%q", text)
				checkOffsets(t, tok, text, e.Offsets[i], false)
				checkRanges(t, tok, text, Options{PlainSpecials: true})
				d := e.Decoded[i]
				checkStream(t, tok, d.ids)
				if slices.ContainsFunc(d.ids, normalized) {
					continue // the library decodes these to their normalized content
				}
				require.Equal(t, d.whole, tok.Decode(d.ids, false), "%v", d.ids)
				require.Equal(t, d.text, tok.Decode(d.ids, true), "%v", d.ids)
			}
			one := old // one after the other it is the same
			for i, token := range tokens {
				var id []int32
				one, id, err = AddTokens(one, []AddedToken{token})
				require.NoError(t, err)
				require.Equal(t, ids[i:i+1], id)
			}
			for _, text := range g.AddedTexts {
				require.Equal(t, tok.Encode(nil, text, Options{}), one.Encode(nil, text, Options{}))
			}
			for i, text := range g.Texts { // what was there before is as it was
				require.Equal(t, listed(want.IDs[i]), listed(old.Encode(nil, text, Options{NoPostProcess: true})))
			}
		})
	}
	require.Equal(t, 9, compared)
}

func TestAddTokens(t *testing.T) {
	old := small(t, nil)
	tok, ids, err := AddTokens(old, []AddedToken{{Content: "<|im_start|>", Special: true}, {Content: "the"}, {Content: "日本"}, {Content: "<s>"}})
	require.NoError(t, err)
	require.Equal(t, []int32{260, 257, 261, 259}, ids)
	require.Equal(t, 262, tok.VocabSize())
	require.Equal(t, 260, old.VocabSize())
	for id := range int32(262) {
		token, ok := tok.Token(id)
		require.True(t, ok)
		back, ok := tok.ID(token)
		require.True(t, ok, token)
		require.Equal(t, id, back)
		require.Equal(t, id == 260, tok.IsSpecial(id), "<s> is not special any more")
	}
	for _, id := range []int32{-1, 262} {
		require.False(t, tok.IsSpecial(id))
		require.Empty(t, tok.AppendToken(nil, id))
	}
	require.Equal(t, []int32{260, 257, 'o', 261}, tok.Encode(nil, "<|im_start|>theo日本", Options{}))
	plain := tok.Encode(nil, "<|im_start|><s>", Options{PlainSpecials: true})
	require.Equal(t, append(old.Encode(nil, "<|im_start|>", Options{}), 259), plain)
	require.Equal(t, "the日本", tok.Decode([]int32{260, 257, 261}, true))
	require.Equal(t, "<|im_start|>the日本", tok.Decode([]int32{260, 257, 261}, false))

	_, _, err = AddTokens(old, []AddedToken{{Content: "x"}, {}})
	require.EqualError(t, err, `tokenizer: added token 1, "": the content is empty`)
	_, _, err = AddTokens(struct{ Tokenizer }{old}, nil)
	require.ErrorContains(t, err, "only to what this package loads")

	same, ids, err := AddTokens(old, nil)
	require.NoError(t, err)
	require.Empty(t, ids)
	require.Equal(t, old.Encode(nil, "the<s>", Options{}), same.Encode(nil, "the<s>", Options{}))
}

// TestAddTokensKeepsEverything: each field of a pipeline is carried over.
func TestAddTokensKeepsEverything(t *testing.T) {
	g := readGolden(t)
	for _, k := range g.Tokenizers {
		p := mustLoad(t, g.file(t, k)).(*pipeline)
		q, _, err := AddTokens(p, nil)
		require.NoError(t, err)
		a, b := reflect.ValueOf(p).Elem(), reflect.ValueOf(q).Elem()
		for i := range a.NumField() {
			if name := a.Type().Field(i).Name; name != "scratch" && name != "takesStart" {
				require.Equal(t, a.Field(i).IsZero(), b.Field(i).IsZero(), name)
			}
		}
	}
}

// TestAddTokensWhileEncoding is for the race detector.
func TestAddTokensWhileEncoding(t *testing.T) {
	tok := small(t, nil)
	want := tok.Encode(nil, "the the", Options{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			more, _, err := AddTokens(tok, []AddedToken{{Content: "the t", Special: true}})
			if err != nil || len(more.Encode(nil, "the the", Options{})) != 3 {
				t.Error("the new token is not found")
			}
		})
		wg.Go(func() {
			if got := tok.Encode(nil, "the the", Options{}); len(got) != len(want) {
				t.Error("the old tokenizer changed")
			}
		})
	}
	wg.Wait()
}

// TestAddedBlanks: a token of white space that takes in what is on its left does not
// match once more in what the one before has taken in. Counts are those of the Hugging
// Face library.
func TestAddedBlanks(t *testing.T) {
	g := readGolden(t)
	k := slices.IndexFunc(g.Tokenizers, func(k goldenTokenizer) bool { return k.Name == "llama3 style" })
	old := mustLoad(t, g.file(t, g.Tokenizers[k]))
	for _, c := range []struct {
		token AddedToken
		text  string
		want  int
	}{
		{AddedToken{Content: " ", LStrip: true, RStrip: true}, "a   b", 1},
		{AddedToken{Content: " ", LStrip: true, RStrip: true}, "  a \t b\n", 2},
		{AddedToken{Content: " ", RStrip: true}, "a   b", 3},
		{AddedToken{Content: "\n", LStrip: true, RStrip: true}, "a \n \n \t", 1},
	} {
		tok, ids, err := AddTokens(old, []AddedToken{c.token})
		require.NoError(t, err)
		list, ranges := tok.(OffsetEncoder).EncodeOffsets(nil, nil, c.text, Options{NoPostProcess: true})
		n := 0
		for i, id := range list {
			if id == ids[0] {
				n++
				require.Less(t, ranges[i].Start, ranges[i].End, "%q", c.text)
			}
		}
		require.Equal(t, c.want, n, "%q: %v", c.text, list)
	}
}
