package tokenizer

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

func TestReadPieces(t *testing.T) {
	p, err := ReadPieces(spmFile(protoField(nil, trainerModelType, 2), protoField(nil, normalizerExtraSpaces, 0)), "small.model")
	require.NoError(t, err)
	require.False(t, p.Unigram)
	require.True(t, p.SpacePrefix)
	require.False(t, p.Collapse)
	require.Zero(t, p.Unk)
	require.Equal(t, []string{"<unk>", "<s>", "</s>", "▁", "a", "b", "ab", "▁a", "[U]"}, p.Texts)
	require.Equal(t, []int32{2, 3, 3, 1, 1, 1, 1, 1, 4}, p.Types)
	require.Equal(t, []float32{0, 0, 0, -3, -3, -3, -1, -2, 0}, p.Scores)
	_, err = ReadPieces([]byte("no model"), "other.model")
	require.ErrorContains(t, err, "other.model")
	_, err = ReadPieces([]byte("IQ== 0\nIg== 1\n"), "tokenizer.model")
	require.EqualError(t, err, "tokenizer: tokenizer.model: this is a tiktoken file, not a SentencePiece model; the model's tokenizer.json can be read in its place")

	p, err = ReadPieces(readUnigramGolden(t).Models[0].Model, "unigram")
	require.NoError(t, err)
	require.True(t, p.Unigram)
	require.NotEmpty(t, p.Charsmap)
}

// TestUserDefinedMarks: SentencePiece finds what users defined in the text after spaces
// became marks, and its marks are spaces.
func TestUserDefinedMarks(t *testing.T) {
	settings := protoField(protoField(nil, normalizerExtraSpaces, 0), normalizerPrefix, 0)
	tok, err := LoadSentencePiece(spmFile(protoField(nil, trainerModelType, 2), settings,
		pieceMessage("▁▁", 0, TypeUser)), "small.model")
	require.NoError(t, err)
	ids := tok.Encode(nil, "a   a", Options{})
	require.Equal(t, []int32{1, 4, 9, 7}, ids)
	require.Equal(t, "a   a", tok.Decode(ids, true))
}

func TestAdded(t *testing.T) {
	tok, err := Open(golden.Path(t, "tokenizers", "llama2"))
	require.NoError(t, err)
	with, ids, err := AddTokens(tok, []AddedToken{{Content: "[A]", LStrip: true}, {Content: "b c", Normalized: true}})
	require.NoError(t, err)
	tokens, got := Added(with)
	require.Equal(t, slices.Concat([]int32{0, 1, 2}, ids), got)
	require.Equal(t, []AddedToken{
		{Content: "<unk>", Special: true},
		{Content: "<s>", Special: true},
		{Content: "</s>", Special: true},
		{Content: "[A]", LStrip: true},
		{Content: "b c", Normalized: true},
	}, tokens)
	tokens, _ = Added(nil)
	require.Empty(t, tokens)
}

// TestCuts: the expressions of a name are those that tokenizer.json files have for it.
func TestCuts(t *testing.T) {
	for _, pre := range []string{"", "llama-bpe", "smaug-bpe", "olmo", "deepseek-r1-qwen", "starcoder"} {
		cut, ok := CutOf(pre)
		require.True(t, ok, pre)
		require.NotEmpty(t, cut.Patterns, pre)
		for _, f := range cut.scanners() {
			require.NotNil(t, f, pre)
		}
	}
	cut, ok := CutOf("falcon")
	require.True(t, ok)
	require.Empty(t, cut.Patterns)
	require.Len(t, cut.scanners(), 3)
	_, ok = CutOf("nobody's")
	require.False(t, ok)
}
