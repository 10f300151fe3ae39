package wordpiece

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/trie"
)

func build(t *testing.T, prefix string, maxChars int, tokens ...string) *Model {
	t.Helper()
	ids := make([]int32, len(tokens))
	for i := range ids {
		ids[i] = int32(i)
	}
	tr, err := trie.New(ids, func(id int32) []byte { return []byte(tokens[id]) })
	require.NoError(t, err)
	return New(tr, 0, prefix, maxChars)
}

func TestAppend(t *testing.T) {
	m := build(t, "##", 7, "[UNK]", "un", "##aff", "##able", "##ab", "able", "é", "##é", "##", "u")
	for word, want := range map[string][]int32{
		"un":       {1},
		"unable":   {1, 3},
		"unabé":    {1, 4, 7},
		"unabl":    {0},
		"affable":  {0},
		"able":     {5},
		"uné":      {1, 7},
		"éééé":     {6, 7, 7, 7},
		"unaffabl": {0},
		"éééééééé": {0}, // eight characters
		"é\xff":    {0},
		"##":       {8},
	} {
		require.Equal(t, append([]int32{42}, want...), m.Append([]int32{42}, word), "%q", word)
	}
}

func TestPrefixes(t *testing.T) {
	none := build(t, "@@", 9, "[UNK]", "a", "b")
	require.Equal(t, []int32{1}, none.Append(nil, "a"))
	require.Equal(t, []int32{0}, none.Append(nil, "ab"), "no token continues a word")
	empty := build(t, "", 9, "[UNK]", "a", "b", "ba")
	require.Equal(t, []int32{1, 3, 3}, empty.Append(nil, "ababa"[:5]))
}

func TestLongWords(t *testing.T) {
	m := build(t, "", 1<<30, "[UNK]", "a", strings.Repeat("a", 500), strings.Repeat("a", 1000)+"b")
	require.Len(t, m.Append(nil, strings.Repeat("a", 500<<7)), 1<<7)
}
