package bpe

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// A Model turns words into ids. Fill the fields, index the Vocab, add merges,
// then call Seal; after that it must not change.
type Model struct {
	Vocab        *Vocab
	ByteLevel    bool        // a symbol is a byte; else a character
	IgnoreMerges bool        // a word that is a token is that token, whatever the merges say
	Unk          int32       // stands for symbols outside the vocabulary; None: they vanish
	FuseUnk      bool        // one Unk for any number of them in a row
	Fallback     *[256]int32 // tokens for the bytes of a character outside the vocabulary, or nil

	pairs  *pairs
	merged int32      // what the last AddMerge made
	size   int32      // ids from here on are shadows (see MergeByRank)
	bytes  [256]int32 // the symbol of each byte, of ASCII characters only unless ByteLevel
}

// New returns a Model on an indexed vocabulary with room for n merges.
func New(v *Vocab, n int) *Model {
	return &Model{Vocab: v, Unk: None, pairs: newPairs(n), size: int32(v.Size())}
}

// AddMerge adds the merge of left and right, whose texts together must be a
// token. Lower ranks merge first. A later merge of the same pair replaces the
// earlier one if replace is set. It reports whether the merged token exists.
func (m *Model) AddMerge(left, right int32, rank uint32, replace bool) bool {
	a, b := m.Vocab.Text(left), m.Vocab.Text(right)
	is := func(id int32) bool {
		text := m.Vocab.Text(id)
		return len(text) == len(a)+len(b) && string(text[:len(a)]) == string(a) &&
			string(text[len(a):]) == string(b) && !m.Vocab.hidden[id]
	}
	// Files list merges in the order of their results more often than not.
	id := m.merged
	if !is(id) {
		if id++; !is(id) {
			var room [128]byte
			if id = m.Vocab.LookupBytes(append(append(room[:0], a...), b...)); id == None {
				return false
			}
		}
	}
	m.merged = id
	m.pairs.put(left, right, rank, id, replace)
	return true
}

// maxMerged is the length in bytes of the longest token that MergeByRank takes;
// trying all cuts of a token costs the square of it. Real tokens are shorter by
// far.
const maxMerged = 1024

// MergeByRank adds every merge whose two sides and result are tokens, with the
// rank that rank gives the result. Sides of one character need not be tokens:
// they get shadow ids that are valid while merging and never come out.
func (m *Model) MergeByRank(rank func(id int32) uint32) error {
	v := m.Vocab
	var lengths [maxMerged + 1]bool // of tokens; most cuts of a long one have sides of no such length
	for id := range m.size {
		n := len(v.Text(id))
		if n > maxMerged {
			return fmt.Errorf("token %d is %d bytes long; at most %d can be merged", id, n, maxMerged)
		}
		lengths[n] = true
	}
	for id := range m.size {
		text := v.Text(id)
		if !v.Has(id) || v.hidden[id] {
			continue
		}
		for cut := m.symbolLen(text); cut < len(text); cut += m.symbolLen(text[cut:]) {
			a, b := text[:cut], text[cut:]
			if !lengths[len(a)] && !m.isChar(a) || !lengths[len(b)] && !m.isChar(b) {
				continue
			}
			left, right := v.LookupBytes(a), v.LookupBytes(b)
			if left == None && !m.isChar(a) || right == None && !m.isChar(b) {
				continue
			}
			for _, side := range []struct {
				id   *int32
				text []byte
			}{{&left, a}, {&right, b}} {
				if *side.id != None {
					continue
				}
				shadow, err := v.AddIndexed(slices.Clone(side.text))
				if err != nil {
					return err
				}
				*side.id = shadow
			}
			m.pairs.put(left, right, rank(id), id, true)
		}
	}
	return nil
}

// isChar reports whether text is one symbol of a model whose symbols are
// characters.
func (m *Model) isChar(text []byte) bool { return !m.ByteLevel && m.symbolLen(text) == len(text) }

func (m *Model) symbolLen(text []byte) int {
	if m.ByteLevel || len(text) == 0 {
		return 1
	}
	_, n := utf8.DecodeRune(text)
	return n
}

// Seal fixes the vocabulary and computes what encoding needs besides it.
func (m *Model) Seal() {
	for b := range m.bytes {
		m.bytes[b] = None
		if m.ByteLevel || b < utf8.RuneSelf {
			m.bytes[b] = m.Vocab.Lookup(string([]byte{byte(b)}))
		}
	}
}

// Joins reports whether some merge joins a text that does not end in mark to
// one that starts with it. If none does, a text may be cut before every run of
// marks without changing the result, provided the mark itself is a token.
func (m *Model) Joins(mark string) bool {
	if m.IgnoreMerges || m.Vocab.Lookup(mark) == None {
		return true
	}
	ends, starts := []byte(mark), []byte(mark)
	for _, p := range m.pairs.slots {
		if p.key == 0 {
			continue
		}
		left, right := m.Vocab.Text(int32(p.key>>32)-1), m.Vocab.Text(int32(uint32(p.key))-1)
		if len(right) >= len(starts) && string(right[:len(starts)]) == mark &&
			(len(left) < len(ends) || string(left[len(left)-len(ends):]) != mark) {
			return true
		}
	}
	return false
}

// Append appends the ids of word to dst. Bytes that are not valid UTF-8 are
// symbols of their own in every kind of model.
func (m *Model) Append(dst []int32, word string, sc *Scratch) []int32 {
	if len(word) == 0 {
		return dst
	}
	if len(word) == 1 {
		if id := m.bytes[word[0]]; id >= 0 && id < m.size {
			return append(dst, id)
		}
	}
	return sc.cached(m, dst, word)
}

// appendNew is Append for a word that is not in the cache; h is its hash.
func (m *Model) appendNew(dst []int32, word string, h uint64, sc *Scratch) []int32 {
	if m.IgnoreMerges {
		if id := m.Vocab.lookup(word, h); id != None && id < m.size {
			return append(dst, id)
		}
	}
	var syms []int32
	if m.ByteLevel {
		syms = m.byteSymbols(sc.syms[:0], word)
	} else {
		syms = m.charSymbols(sc.syms[:0], word)
	}
	sc.syms = syms
	start := len(dst)
	for _, id := range m.merge(syms, sc) {
		if id < 0 || id >= m.size || id == m.Unk {
			dst = m.appendUnmerged(dst, start, id)
			continue
		}
		dst = append(dst, id)
	}
	return dst
}

// loose is the symbol of a byte that falls back to its own token after merging;
// it is negative, never None, and its own inverse.
func loose(b int32) int32 { return None - 1 - b }

// appendUnmerged appends what stands for a symbol outside the vocabulary, which
// is Unk, a loose byte, or a shadow that found no partner, to the ids of a word
// that start at start.
func (m *Model) appendUnmerged(dst []int32, start int, id int32) []int32 {
	if id < 0 {
		return append(dst, m.Fallback[loose(id)])
	}
	if text := m.Vocab.Text(id); id != m.Unk && m.falls(text) {
		for _, b := range text {
			dst = append(dst, m.Fallback[b])
		}
		return dst
	}
	if m.Unk == None || m.FuseUnk && len(dst) > start && dst[len(dst)-1] == m.Unk {
		return dst
	}
	return append(dst, m.Unk)
}

func (m *Model) byteSymbols(syms []int32, word string) []int32 {
	unk := false // an Unk stands at the end
	for i := range len(word) {
		id := m.bytes[word[i]]
		if id != None {
			syms = append(syms, id)
			unk = false
			continue
		}
		if m.Unk != None && !(unk && m.FuseUnk) {
			syms = append(syms, m.Unk)
			unk = true
		}
	}
	return syms
}

// charSymbols also follows the order in which HF writes an unknown symbol: when
// the next known one comes, not before bytes that fall back.
func (m *Model) charSymbols(syms []int32, word string) []int32 {
	unk := false // an Unk waits to be written
	for i := 0; i < len(word); {
		n := 1
		id := None
		if c := word[i]; c < utf8.RuneSelf {
			id = m.bytes[c]
		} else {
			_, n = utf8.DecodeRuneInString(word[i:])
			if n > 1 {
				id = m.Vocab.Lookup(word[i : i+n])
			}
		}
		char := word[i : i+n]
		i += n
		if id != None {
			if unk {
				syms = append(syms, m.Unk)
				unk = false
			}
			syms = append(syms, id)
			continue
		}
		if m.falls([]byte(char)) {
			for k := range len(char) {
				syms = append(syms, loose(int32(char[k])))
			}
			continue
		}
		if m.Unk == None {
			continue
		}
		if unk && !m.FuseUnk {
			syms = append(syms, m.Unk)
		}
		unk = true
	}
	if unk {
		syms = append(syms, m.Unk)
	}
	return syms
}

// falls reports whether every byte of char has a token to fall back on.
func (m *Model) falls(char []byte) bool {
	if m.Fallback == nil {
		return false
	}
	for _, b := range char {
		if m.Fallback[b] == None {
			return false
		}
	}
	return true
}
