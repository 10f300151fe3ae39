// Package trie finds the tokens that a text starts with, byte by byte.
//
// A [Trie] is made of a vocabulary once and only read afterwards. A walk begins
// at [Root] and takes one [Trie.Step] for every byte; [Trie.ID] tells which
// token ends where it stands:
//
//	node := trie.Root
//	for i := 0; i < len(text); i++ {
//		if node = t.Step(node, text[i]); node == trie.None {
//			break
//		}
//		if id := t.ID(node); id != trie.None { … text[:i+1] is the token id … }
//	}
//
// Nodes are numbered breadth first, so the children of a node lie side by side,
// in the order of their labels, and a node takes nine bytes. No token is longer
// than [MaxToken], which bounds a walk.
package trie

import (
	"bytes"
	"fmt"
	"slices"
)

const (
	Root int32 = 0  // where walks begin
	None int32 = -1 // no node, no token

	// MaxToken is the length in bytes of the longest token that New takes. Real
	// tokens are shorter by far, and a walk from every byte of a text costs at
	// most so many steps each.
	MaxToken = 1024
)

// A Trie is a set of tokens. It is safe for concurrent use.
type Trie struct {
	labels []byte     // by node: of the edge that leads to it
	first  []int32    // by node: its first child; the next node's first child ends the list
	ids    []int32    // by node: the token that ends there, or None
	root   [256]int32 // the children of Root by label, or None
}

// New returns a Trie of the tokens ids with their texts, which are distinct.
// An empty text is never found.
func New(ids []int32, text func(id int32) []byte) (*Trie, error) {
	ids = slices.Clone(ids)
	for _, id := range ids {
		if n := len(text(id)); n > MaxToken {
			return nil, fmt.Errorf("token %d is %d bytes long; at most %d can be found", id, n, MaxToken)
		}
	}
	slices.SortFunc(ids, func(a, b int32) int { return bytes.Compare(text(a), text(b)) })
	t := &Trie{labels: []byte{0}, ids: []int32{None}}
	// A group is a range of ids that share their first bytes, one node of the
	// level that is being written.
	type group struct{ from, to int32 }
	level, next := []group{{0, int32(len(ids))}}, []group(nil)
	for depth := 0; len(level) > 0; depth++ {
		next = next[:0]
		for _, g := range level {
			t.first = append(t.first, int32(len(t.labels)))
			for g.from < g.to && len(text(ids[g.from])) == depth {
				if depth > 0 {
					t.ids[len(t.first)-1] = ids[g.from]
				}
				g.from++
			}
			for i := g.from; i < g.to; {
				label, j := text(ids[i])[depth], i+1
				for j < g.to && text(ids[j])[depth] == label {
					j++
				}
				t.labels = append(t.labels, label)
				t.ids = append(t.ids, None)
				next = append(next, group{i, j})
				i = j
			}
		}
		level, next = next, level
	}
	t.first = append(t.first, int32(len(t.labels)))
	for c := range t.root {
		t.root[c] = None
	}
	for k := t.first[0]; k < t.first[1]; k++ {
		t.root[t.labels[k]] = k
	}
	return t, nil
}

// Step returns the child of node over the byte c, or None.
func (t *Trie) Step(node int32, c byte) int32 {
	if node == Root {
		return t.root[c]
	}
	lo, end := t.first[node], t.first[node+1]
	for hi := end; lo < hi; {
		if mid := (lo + hi) / 2; t.labels[mid] < c {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < end && t.labels[lo] == c {
		return lo
	}
	return None
}

// ID returns the token that ends at node, or None.
func (t *Trie) ID(node int32) int32 { return t.ids[node] }

// Walk takes a Step for every byte of text.
func (t *Trie) Walk(node int32, text string) int32 {
	for i := 0; i < len(text) && node != None; i++ {
		node = t.Step(node, text[i])
	}
	return node
}
