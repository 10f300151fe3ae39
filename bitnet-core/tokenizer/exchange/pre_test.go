package exchange

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/alphabet"
)

// byteLevel is byte-level BPE with a token that no merges make.
func byteLevel(pre string) entries {
	var tokens []string
	for b := range 256 {
		tokens = append(tokens, string(alphabet.Spell(byte(b))))
	}
	tokens = append(tokens, "th", "the", "xyz", "12", "34")
	e := entries{}
	e.put("model", "gpt2")
	e.put("pre", pre)
	e.put("tokens", tokens)
	e.put("merges", []string{"t h", "th e", "1 2", "3 4"})
	return e
}

// TestPre: names that split alike and look words up or do not are told apart by all tokens.
func TestPre(t *testing.T) {
	for _, pre := range []string{"llama-bpe", "dbrx"} {
		e := byteLevel(pre)
		data, err := ToJSON(&e, pre)
		require.NoError(t, err)
		want, err := tokenizer.LoadJSON(data, pre)
		require.NoError(t, err)
		require.Equal(t, pre == "llama-bpe", len(want.Encode(nil, "xyz", tokenizer.Options{})) == 1)
		kv, notes, err := ToGGUF(directory(t, map[string][]byte{"tokenizer.json": data}), want.VocabSize())
		require.NoError(t, err)
		require.Empty(t, notes)
		got, _ := entries(kv).String(prefix + "pre")
		require.Equal(t, pre, got)
	}
}

// TestUnlike: where every name fails, the error is that of the first which came close.
func TestUnlike(t *testing.T) {
	e := byteLevel("dbrx")
	data, err := ToJSON(&e, "dbrx")
	require.NoError(t, err)
	data = edited(t, data, map[string]any{"added_tokens": []any{map[string]any{"id": 258, "content": "xyz", "single_word": true}}})
	_, _, err = ToGGUF(directory(t, map[string][]byte{"tokenizer.json": data}), 261)
	require.ErrorContains(t, err, "differently")
}
