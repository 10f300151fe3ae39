package bpe

import "unicode/utf8"

// An Affixed model spells its symbols by where in a word they stand: with Prefix
// before those that continue a word, with Suffix behind the one that ends it, as
// CLIP's "a</w>". Merging is that of the Model, whose cache of words it does not use.
type Affixed struct {
	*Model
	Prefix, Suffix string
}

// AddMerge adds the merge of left and right, whose texts together, without the
// prefix of the right one, must be a token. A later merge of the same pair
// replaces the earlier one. It reports whether the merged token exists.
func (m Affixed) AddMerge(left, right int32, rank uint32) bool {
	a, b := m.Vocab.Text(left), m.Vocab.Text(right)
	var room [128]byte
	id := m.Vocab.LookupBytes(append(append(room[:0], a...), b[min(len(m.Prefix), len(b)):]...))
	if id == None {
		return false
	}
	m.pairs.put(left, right, rank, id, true)
	return true
}

// Append appends the ids of word to dst. Symbols that are not in the vocabulary are
// Unk, or vanish if that is None.
func (m Affixed) Append(dst []int32, word string, sc *Scratch) []int32 {
	if m.IgnoreMerges {
		if id := m.Vocab.Lookup(word); id != None {
			return append(dst, id)
		}
	}
	syms := sc.syms[:0]
	unk := false // an Unk stands at the end
	for i := 0; i < len(word); {
		id, n := m.Symbol(word, i)
		i += n
		switch {
		case id != None:
		case m.Unk == None || unk && m.FuseUnk:
			continue
		default:
			id = m.Unk
		}
		unk = id == m.Unk
		syms = append(syms, id)
	}
	sc.syms = syms
	return append(dst, m.merge(syms, sc)...)
}

// Symbol returns the id of the symbol that starts at word[i:], None if the
// vocabulary does not have it, and its length.
func (m Affixed) Symbol(word string, i int) (id int32, n int) {
	n = 1
	if !m.ByteLevel {
		_, n = utf8.DecodeRuneInString(word[i:])
	}
	var room [64]byte
	spelling := room[:0]
	if i > 0 {
		spelling = append(spelling, m.Prefix...)
	}
	spelling = append(spelling, word[i:i+n]...)
	if i+n == len(word) {
		spelling = append(spelling, m.Suffix...)
	}
	return m.Vocab.LookupBytes(spelling), n
}
