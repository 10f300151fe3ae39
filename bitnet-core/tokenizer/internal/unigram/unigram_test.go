package unigram

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/bpe"
)

type piece struct {
	text  string
	score float64
}

func build(t require.TestingT, pieces ...piece) *Model {
	v := bpe.NewVocab(len(pieces), 0)
	var scores []float64
	for i, p := range pieces {
		require.NoError(t, v.Add(int32(i), []byte(p.text)))
		scores = append(scores, p.score)
	}
	require.NoError(t, v.Index(nil))
	m, err := New(v, scores)
	require.NoError(t, err)
	return m
}

func TestAppend(t *testing.T) {
	m := build(t, piece{"<unk>", 0}, piece{"a", -1}, piece{"b", -1}, piece{"ab", -1.5}, piece{"é", -3}, piece{"aba", -4})
	m.Unk = 0
	var sc Scratch
	for word, want := range map[string][]int32{
		"":         nil,
		"ab":       {3},
		"aba":      {3, 1},
		"zz":       {0},
		"azzb":     {1, 0, 2},
		"é\xc3":    {4, 0},
		"\xc3\xff": {0},
		"a<unk>b":  {1, 0, 2},
	} {
		require.Equal(t, want, m.Append(nil, word, &sc), "%q", word)
	}
	require.Equal(t, []int32{9, 3}, m.Append([]int32{9}, "ab", &sc))

	m.Unk = bpe.None
	require.Equal(t, []int32{1, 2}, m.Append(nil, "azb", &sc), "nothing stands for the unknown")
	m.Fallback = new([256]int32)
	for b := range m.Fallback {
		m.Fallback[b] = int32(1000 + b)
	}
	require.Equal(t, []int32{1, 1000 + 'z', 1000 + 0xC3, 1000 + 0xA8}, m.Append(nil, "azè", &sc))
	m.Fallback['z'], m.Unk = bpe.None, 0
	require.Equal(t, []int32{1, 0, 2}, m.Append(nil, "azèb", &sc), "all bytes of a run or none")

	_, err := New(bpe.NewVocab(0, 0), []float64{math.NaN()})
	require.ErrorContains(t, err, "token 0")
}

// TestSpelledAfterAll: a run of unknown characters that is a token is that token.
func TestSpelledAfterAll(t *testing.T) {
	m := build(t, piece{"<unk>", 100}, piece{"xy", 101})
	m.Unk = 0
	require.Equal(t, []int32{1}, m.Append(nil, "xy", new(Scratch)), "two unknowns score 180")
	require.Equal(t, []int32{0}, m.Append(nil, "xyx", new(Scratch)))
}

// TestBestOfAll compares the score with that of the best of all cuts.
func TestBestOfAll(t *testing.T) {
	letters := []rune("abé")
	m := build(t, piece{"a", -1}, piece{"b", -2}, piece{"ab", -2.25}, piece{"ba", -3.5}, piece{"aab", -3}, piece{"aé", -4}, piece{"bé", -2})
	var best func(s string) float64
	best = func(s string) float64 {
		if s == "" {
			return 0
		}
		most := math.Inf(-1)
		_, n := utf8.DecodeRuneInString(s)
		if id := m.vocab.Lookup(s[:n]); id == bpe.None {
			most = m.unknown + best(s[n:])
		}
		for id := range m.scores {
			if rest, found := strings.CutPrefix(s, string(m.vocab.Text(int32(id)))); found {
				most = max(most, m.scores[id]+best(rest))
			}
		}
		return most
	}
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringOfN(rapid.SampledFrom(letters), 1, 9, -1).Draw(t, "word")
		var sc Scratch
		m.viterbi(word, &sc)
		require.InDelta(t, best(word), sc.best[len(word)].sum, 1e-9)
	})
}

func TestLongWords(t *testing.T) {
	long := strings.Repeat("a", 1024)
	m := build(t, piece{"a", -1}, piece{long, -2}, piece{long[:1000] + "b", -3})
	var sc Scratch
	const n = 1 << 16
	require.Len(t, m.Append(nil, strings.Repeat("a", n), &sc), n/1024)
	sc.Trim()
	require.Nil(t, sc.best)
}
