// Package wordpiece cuts words into the longest tokens that fit, as BERT does.
//
// From the start of a word the longest token that it begins with is taken, then
// the longest that the rest begins with, and so on. Tokens that continue a word
// are spelled with a prefix ("##ing"). A word that cannot be cut to its end is
// one unknown token as a whole, and so is one of too many characters (Wu et al.,
// arXiv:1609.08144; Devlin et al., arXiv:1810.04805).
package wordpiece

import (
	"unicode/utf8"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/trie"
)

// A Model turns words into ids. It is safe for concurrent use.
type Model struct {
	trie     *trie.Trie
	unk      int32
	inner    int32 // where walks for tokens that continue a word begin; trie.None if there are none
	maxChars int
}

// New returns a Model of the tokens in t. Words of more than maxChars characters
// are unknown.
func New(t *trie.Trie, unk int32, prefix string, maxChars int) *Model {
	return &Model{trie: t, unk: unk, inner: t.Walk(trie.Root, prefix), maxChars: maxChars}
}

// Append appends the ids of word, which is not empty, to dst. A byte that is not
// valid UTF-8 is a character in no token.
func (m *Model) Append(dst []int32, word string) []int32 {
	if len(word) > m.maxChars && utf8.RuneCountInString(word) > m.maxChars {
		return append(dst, m.unk)
	}
	begin := len(dst)
	for i := 0; i < len(word); {
		node := m.inner
		if i == 0 {
			node = trie.Root
		}
		end, id := i, trie.None
		for j := i; j < len(word) && node != trie.None; {
			if node = m.trie.Step(node, word[j]); node == trie.None {
				break
			}
			j++
			if t := m.trie.ID(node); t != trie.None {
				end, id = j, t
			}
		}
		if id == trie.None {
			return append(dst[:begin], m.unk)
		}
		dst = append(dst, id)
		i = end
	}
	return dst
}
