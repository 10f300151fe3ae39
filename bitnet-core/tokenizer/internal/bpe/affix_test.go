package bpe

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAffixed(t *testing.T) {
	m := Affixed{Model: build(t, "a", "##a", "##a|", "a|", "##b", "aa", "aa|", "##aa|", "?"), Prefix: "##", Suffix: "|"}
	require.True(t, m.AddMerge(0, 1, 1))  // a ##a
	require.True(t, m.AddMerge(0, 2, 2))  // a ##a|
	require.True(t, m.AddMerge(1, 2, 0))  // ##a ##a|
	require.False(t, m.AddMerge(0, 4, 3)) // ab
	encode := func(word string) []int32 { return m.Append(nil, word, new(Scratch)) }
	require.Equal(t, []int32{3}, encode("a"))
	require.Equal(t, []int32{6}, encode("aa"))
	require.Equal(t, []int32{0, 7}, encode("aaa"))
	require.Equal(t, []int32{6}, encode("axxa"), "what is not in the vocabulary vanishes")
	require.Empty(t, encode(""))
	m.Unk = 8
	require.Equal(t, []int32{0, 8, 8, 2}, encode("axéa"))
	require.Equal(t, []int32{0, 8}, encode("ab"), "##b| is not a token")
	m.FuseUnk = true
	require.Equal(t, []int32{8, 2}, encode("xxa"))
	id, n := m.Symbol("aéa", 1)
	require.Equal(t, None, id)
	require.Equal(t, 2, n)
	m.IgnoreMerges = true
	require.Equal(t, []int32{5}, encode("aa"), "the word as it stands")
}
