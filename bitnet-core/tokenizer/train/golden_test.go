package train

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/alphabet"
)

// A goldenCase is what the Hugging Face library made of settings
// (scripts/bpe_golden.py).
type goldenCase struct {
	Texts         string   // which
	VocabSize     int      `json:"vocab_size"`
	MinFrequency  int64    `json:"min_frequency"`
	SpecialTokens []string `json:"special_tokens"`
	Alphabet      []string // absent: all bytes
	LimitAlphabet int      `json:"limit_alphabet"`
	Split         Split
	Tokens        []string
	Merges        []string
}

// options are the case's.
func (c *goldenCase) options() Options {
	opt := Options{VocabSize: c.VocabSize, MinFrequency: c.MinFrequency, SpecialTokens: c.SpecialTokens, LimitAlphabet: c.LimitAlphabet}
	if c.Alphabet != nil {
		opt.InitialAlphabet = []byte{}
	}
	for _, char := range c.Alphabet {
		raw, _ := alphabet.AppendBytes(nil, []byte(char))
		opt.InitialAlphabet = append(opt.InitialAlphabet, raw...)
	}
	return opt
}

func (m *Model) mergeLines() []string {
	lines := []string{}
	for _, pair := range m.Merges {
		lines = append(lines, m.Tokens[pair[0]]+" "+m.Tokens[pair[1]])
	}
	return lines
}

// TestGolden compares with the Hugging Face library.
func TestGolden(t *testing.T) {
	var file struct {
		Texts map[string][]string
		Cases []goldenCase
	}
	golden.JSON(t, golden.Committed(t, "golden", "bpe", "bpe.json"), &file)
	require.Len(t, file.Cases, 12)
	for i, c := range file.Cases {
		w, err := NewWords(WordOptions{Split: c.Split})
		require.NoError(t, err)
		for _, text := range file.Texts[c.Texts] {
			require.NoError(t, w.Add(text))
		}
		m, err := BPE(t.Context(), w, c.options())
		require.NoError(t, err)
		require.Equal(t, c.Tokens, m.Tokens, "case %d", i)
		require.Equal(t, c.Merges, m.mergeLines(), "case %d", i)
		require.Equal(t, len(c.SpecialTokens), m.Special)
		if c.Alphabet == nil {
			roundTrip(t, m, strings.Join(file.Texts[c.Texts], ""))
		}
	}
}

// roundTrip loads what WriteJSON writes and encodes text with it.
func roundTrip(t *testing.T, m *Model, text string) {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, m.WriteJSON(&b))
	require.True(t, json.Valid(b.Bytes()))
	tok, err := tokenizer.LoadJSON(b.Bytes(), "trained.json")
	require.NoError(t, err)
	require.Equal(t, len(m.Tokens), tok.VocabSize())
	for id, want := range m.Tokens {
		got, ok := tok.Token(int32(id))
		require.True(t, ok)
		require.Equal(t, want, got)
		require.Equal(t, id < m.Special, tok.IsSpecial(int32(id)))
	}
	ids := tok.Encode(nil, text, tokenizer.Options{PlainSpecials: true})
	var back []byte
	for _, id := range ids {
		back = tok.AppendToken(back, id)
	}
	require.Equal(t, text, string(back))
	if len(m.Merges) > 100 {
		require.Less(t, len(ids), len(text)*3/4)
	}
}
