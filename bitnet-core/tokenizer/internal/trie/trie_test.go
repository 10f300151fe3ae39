package trie

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func build(t require.TestingT, tokens []string) *Trie {
	ids := make([]int32, len(tokens))
	for i := range ids {
		ids[i] = int32(i)
	}
	tr, err := New(ids, func(id int32) []byte { return []byte(tokens[id]) })
	require.NoError(t, err)
	return tr
}

// prefixes returns the tokens that text starts with, shortest first.
func (t *Trie) prefixes(text string) []int32 {
	list := []int32{}
	node := Root
	for i := 0; i < len(text); i++ {
		if node = t.Step(node, text[i]); node == None {
			break
		}
		if id := t.ID(node); id != None {
			list = append(list, id)
		}
	}
	return list
}

func TestTrie(t *testing.T) {
	tr := build(t, []string{"ab", "", "abc", "b", "▁", "▁a"})
	require.Equal(t, []int32{0, 2}, tr.prefixes("abcd"))
	require.Equal(t, []int32{4, 5}, tr.prefixes("▁ab"))
	require.Equal(t, []int32{}, tr.prefixes("\xe2\x96"))
	require.Equal(t, int32(2), tr.ID(tr.Walk(Root, "abc")))
	require.Equal(t, None, tr.Walk(Root, "abx"))
	require.Equal(t, Root, tr.Walk(Root, ""))

	empty := build(t, nil)
	require.Equal(t, None, empty.Step(Root, 'a'))
	_, err := New([]int32{7}, func(int32) []byte { return make([]byte, MaxToken+1) })
	require.ErrorContains(t, err, "token 7 is 1025 bytes long")
}

func TestTrieFindsEveryPrefix(t *testing.T) {
	word := rapid.StringOfN(rapid.SampledFrom([]rune("abc\x00\u00ff▁")), 1, 5, -1)
	rapid.Check(t, func(t *rapid.T) {
		tokens := rapid.SliceOfDistinct(word, rapid.ID[string]).Draw(t, "tokens")
		text := rapid.StringOf(rapid.SampledFrom([]rune("abc\x00\u00ff▁"))).Draw(t, "text")
		want := map[int32]bool{}
		for id, token := range tokens {
			if strings.HasPrefix(text, token) {
				want[int32(id)] = true
			}
		}
		length := 0
		list := build(t, tokens).prefixes(text)
		for _, id := range list {
			require.True(t, want[id])
			require.Greater(t, len(tokens[id]), length, "shortest first")
			length = len(tokens[id])
		}
		require.Len(t, list, len(want))
	})
}
