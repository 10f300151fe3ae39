package train

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/alphabet"
)

func trainOn(t testing.TB, text string, opt Options) *Model {
	t.Helper()
	w := newWords(t, WordOptions{Threads: 1})
	require.NoError(t, w.Add(text))
	m, err := BPE(t.Context(), w, opt)
	require.NoError(t, err)
	return m
}

func TestTies(t *testing.T) {
	m := trainOn(t, "zy xw ab", Options{MinFrequency: 1, InitialAlphabet: []byte{}})
	require.Equal(t, []string{"a", "b", "w", "x", "y", "z", "Ġ", "ab", "xw", "zy", "Ġab", "Ġxw"}, m.Tokens)
	require.Equal(t, []string{"a b", "x w", "z y", "Ġ ab", "Ġ xw"}, m.mergeLines())
}

func TestLeastFrequency(t *testing.T) {
	text := "abc abc abd ab x"
	require.Equal(t, []string{"a b", "Ġ ab"}, trainOn(t, text, Options{MinFrequency: 3}).mergeLines())
	require.Equal(t, []string{"a b", "Ġ ab", "ab c"}[:2], trainOn(t, text, Options{}).mergeLines())
	require.Empty(t, trainOn(t, text, Options{MinFrequency: 5}).Merges)
	require.Empty(t, trainOn(t, "", Options{MinFrequency: 1}).Merges)
}

func TestSizes(t *testing.T) {
	text := strings.Repeat("some words of some text ", 9)
	require.Len(t, trainOn(t, text, Options{VocabSize: 260}).Tokens, 260)
	require.Len(t, trainOn(t, text, Options{VocabSize: 1}).Tokens, 256)
	m := trainOn(t, text, Options{VocabSize: 7, LimitAlphabet: 4, InitialAlphabet: []byte{'q'}, SpecialTokens: []string{"<s>"}})
	require.Len(t, m.Tokens, 7)
	require.Equal(t, "<s>", m.Tokens[0])
	require.Contains(t, m.Tokens, "q")
}

func TestOptionsOfBPE(t *testing.T) {
	for want, opt := range map[string]Options{
		"train: a vocabulary of -1 tokens; want 1 to 16777216":              {VocabSize: -1},
		"train: a vocabulary of 16777217 tokens; want 1 to 16777216":        {VocabSize: 1<<24 + 1},
		"train: the least frequency is -1; want 1 or more":                  {MinFrequency: -1},
		"train: an alphabet of 257 bytes; want 1 to 256, or 0 for no limit": {LimitAlphabet: 257},
		"train: special token 1 is empty":                                   {SpecialTokens: []string{"a", ""}},
		`train: the special token "a" is named twice`:                       {SpecialTokens: []string{"a", "b", "a"}},
		`train: the special token "\xff" is not UTF-8`:                      {SpecialTokens: []string{"\xff"}},
	} {
		_, err := BPE(t.Context(), newWords(t, WordOptions{}), opt)
		require.EqualError(t, err, want)
	}
}

func TestBPEStops(t *testing.T) {
	w := newWords(t, WordOptions{})
	require.NoError(t, w.Add(strings.Repeat("some words ", 9)))
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	_, err := BPE(ctx, w, Options{Progress: func(tokens, of int) {
		calls++
		require.Equal(t, 256+calls, tokens)
		require.Equal(t, 30000, of)
		if calls == 3 {
			cancel()
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 3, calls)
	_, err = BPE(ctx, w, Options{})
	require.ErrorIs(t, err, context.Canceled, "before the first merge")
}

// slow is the method without queue and accounts: before each merge it counts all
// pairs anew. same tells whether two merges made the same token.
func slow(words map[string]int64, opt Options) (merges []string, same bool) {
	merges = []string{}
	tokens := map[string]int{}
	var texts []string
	add := func(s string) {
		if _, ok := tokens[s]; ok {
			same = true
		}
		tokens[s] = len(texts)
		texts = append(texts, s)
	}
	for _, b := range initial(&table{}, &opt) {
		add(string(alphabet.Spell(b)))
	}
	var all [][]string
	var counts []int64
	for word, n := range words {
		var symbols []string
		for _, b := range []byte(word) {
			symbols = append(symbols, string(alphabet.Spell(b)))
		}
		all, counts = append(all, symbols), append(counts, n)
	}
	for len(texts) < opt.VocabSize {
		pairs := map[[2]string]int64{}
		for w, symbols := range all {
			for i := 1; i < len(symbols); i++ {
				pairs[[2]string{symbols[i-1], symbols[i]}] += counts[w]
			}
		}
		var best [2]string
		most := int64(0)
		left, right := math.MaxInt, math.MaxInt
		for p, n := range pairs {
			a, b := tokens[p[0]], tokens[p[1]]
			if n > most || n == most && (a < left || a == left && b < right) {
				best, most, left, right = p, n, a, b
			}
		}
		if most < opt.MinFrequency {
			break
		}
		add(best[0] + best[1])
		merges = append(merges, best[0]+" "+best[1])
		for w, symbols := range all {
			var next []string
			for i := 0; i < len(symbols); i++ {
				if i+1 < len(symbols) && symbols[i] == best[0] && symbols[i+1] == best[1] {
					next = append(next, best[0]+best[1])
					i++
					continue
				}
				next = append(next, symbols[i])
			}
			all[w] = next
		}
	}
	return merges, same
}

func TestAgainstSlow(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[a-c]{1,12}`), 1, 40).Draw(r, "words")
		opt := Options{VocabSize: 256 + rapid.IntRange(0, 60).Draw(r, "merges"), MinFrequency: int64(rapid.IntRange(1, 4).Draw(r, "frequency"))}
		w := newWords(t, WordOptions{Threads: 1})
		for _, word := range words {
			require.NoError(r, w.Add(word))
		}
		want, same := slow(w.tally(), opt)
		require.False(r, same, "a token is made by one merge only")
		m, err := BPE(t.Context(), w, opt)
		require.NoError(r, err)
		require.Equal(r, want, m.mergeLines(), fmt.Sprint(words))
	})
}

// FuzzTrain: whatever the text, the tokenizer loads and gives it back.
func FuzzTrain(f *testing.F) {
	for _, s := range []string{"", "a", "aaaa aaaa", "the the the then", "\x00\xff\xfe", "日本 日本語", "<s><s>\n\n"} {
		f.Add(s, 300, "<s>")
	}
	f.Fuzz(func(t *testing.T, text string, size int, special string) {
		w := newWords(t, WordOptions{})
		require.NoError(t, w.Add(text))
		m, err := BPE(t.Context(), w, Options{VocabSize: size, MinFrequency: 1, SpecialTokens: []string{special}})
		if err != nil {
			return
		}
		roundTrip(t, m, text)
	})
}
