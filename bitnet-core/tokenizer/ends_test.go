package tokenizer

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEnds: what is put before and behind a text is told without a token "a".
func TestEnds(t *testing.T) {
	file := func(vocab string, post string) Tokenizer {
		tok, err := LoadJSON([]byte(`{"version": "1.0", "added_tokens": [{"id": 0, "content": "<s>", "special": true}, {"id": 1, "content": "</s>", "special": true}], `+
			`"post_processor": `+post+`, "model": {"type": "BPE", "vocab": {"<s>": 0, "</s>": 1`+vocab+`}, "merges": []}}`), "small")
		require.NoError(t, err)
		return tok
	}
	const both = `{"type": "BertProcessing", "cls": ["<s>", 0], "sep": ["</s>", 1]}`
	tok := file(`, "水": 2`, both)
	before, behind, err := Ends(tok)
	require.NoError(t, err)
	require.Equal(t, []int32{0}, before)
	require.Equal(t, []int32{1}, behind)
	require.EqualValues(t, 0, BOS(tok))
	tok = file("", both)
	_, _, err = Ends(tok)
	require.ErrorContains(t, err, "cannot be told")
	require.EqualValues(t, -1, BOS(tok))
	tok = file("", "null")
	before, behind, err = Ends(tok)
	require.NoError(t, err)
	require.Empty(t, before)
	require.Empty(t, behind)
	require.EqualValues(t, -1, BOS(tok))
}
