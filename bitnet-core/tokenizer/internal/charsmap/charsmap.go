// Package charsmap rewrites characters by the table of a SentencePiece model.
//
// SentencePiece compiles its normalization rules, such as NFKC with changes of
// its own, into the field precompiled_charsmap: the length of a trie in bytes as
// a little-endian uint32, the trie, and the replacements, each ended by a zero.
// The trie is a double array (Aoe, 1989) of uint32 units as the library
// darts-clone writes it; its keys are the sequences to replace, its values
// offsets into the replacements.
//
// SentencePiece itself replaces, from left to right, the longest key that the
// text goes on with ([Map.Longest]).
//
// [Map.Apply] does what Hugging Face's tokenizers does, which differs. Text is
// taken in grapheme clusters. A cluster of less than six bytes becomes as a whole
// what the table has for the shortest key that it starts with; failing that, and
// in longer clusters, every character becomes what the table has for it. The rest
// stays as it is.
//
// Clusters follow UAX #29 with the Unicode tables of the Go release, but for the
// two rules that join whole letters, Indic conjuncts (GB9c) and emoji sequences
// (GB11): such clusters are longer than five bytes, joined or not, unless a
// letter of three bytes in the middle has a combining mark of two.
package charsmap

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxReplacement is the length in bytes of the longest replacement. The longest
// that Unicode's compatibility forms have is 33; a bound keeps a file from
// making a text a million times larger.
const maxReplacement = 256

// shortCluster is the length in bytes from which on a cluster is taken apart.
const shortCluster = 6

// A Map is a table of replacements. It is safe for concurrent use.
type Map struct {
	units []uint32
	texts string // every replacement with a zero behind it
}

// Parse reads a table. data is not kept. No data is an empty table.
func Parse(data []byte) (*Map, error) {
	if len(data) == 0 {
		return &Map{}, nil
	}
	if len(data) < 4 {
		return nil, fmt.Errorf("the table of characters ends within its first number")
	}
	size := binary.LittleEndian.Uint32(data)
	data = data[4:]
	if size%4 != 0 || uint64(size) > uint64(len(data)) {
		return nil, fmt.Errorf("the table of characters says that its trie has %d bytes, but %d follow", size, len(data))
	}
	m := &Map{units: make([]uint32, size/4)}
	for i := range m.units {
		m.units[i] = binary.LittleEndian.Uint32(data[4*i:])
	}
	texts := data[size:]
	if !utf8.Valid(texts) {
		return nil, fmt.Errorf("the replacements of the table of characters are not UTF-8")
	}
	for rest := texts; len(rest) > 0; {
		text, after, ended := bytes.Cut(rest, []byte{0})
		if len(text) > maxReplacement {
			return nil, fmt.Errorf("the table of characters has a replacement of %d bytes; at most %d can be read", len(text), maxReplacement)
		}
		if !ended {
			return nil, fmt.Errorf("the last replacement of the table of characters is not ended by a zero")
		}
		rest = after
	}
	m.texts = string(texts)
	return m, nil
}

// Growth returns how many times longer than before a text can become, at most.
func (m *Map) Growth() int {
	most := 1
	for rest := m.texts; rest != ""; {
		var text string
		text, rest, _ = strings.Cut(rest, "\x00")
		most = max(most, len(text))
	}
	return most
}

// Apply returns s with its characters replaced.
func (m *Map) Apply(s string) string {
	if len(m.units) == 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	m.Each(s, func(start, end int, text string, replaced bool) {
		if !replaced {
			text = s[start:end]
		}
		b.WriteString(text)
	})
	return b.String()
}

// Each calls f for every part of s in order: with the text that replaces it, or
// with a character that stays.
func (m *Map) Each(s string, f func(start, end int, text string, replaced bool)) {
	for i := 0; i < len(s); {
		end := clusterEnd(s, i)
		if end-i < shortCluster {
			if text, ok := m.replacement(s[i:end]); ok {
				f(i, end, text, true)
				i = end
				continue
			}
		}
		for i < end {
			_, n := utf8.DecodeRuneInString(s[i:])
			text, ok := m.replacement(s[i : i+n])
			f(i, i+n, text, ok)
			i += n
		}
	}
}

// replacement returns what the table has for the shortest key that s starts
// with.
func (m *Map) replacement(s string) (text string, ok bool) {
	m.keys(s, func(_ int, t string) bool {
		text, ok = t, true
		return false
	})
	return text, ok
}

// Longest returns the length of the longest key that s starts with, 0 if there
// is none, and what the table has for it.
func (m *Map) Longest(s string) (n int, text string) {
	m.keys(s, func(end int, t string) bool {
		n, text = end, t
		return true
	})
	return n, text
}

// keys calls found with the length of every key that s starts with and what the
// table has for it, shorter ones first, until found returns false. Units that
// lead out of the table are the end of a search.
func (m *Map) keys(s string, found func(n int, text string) bool) {
	if len(m.units) == 0 {
		return
	}
	at := offset(m.units[0])
	for i := 0; i < len(s) && s[i] != 0; i++ {
		at ^= uint32(s[i])
		if at >= uint32(len(m.units)) {
			return
		}
		unit := m.units[at]
		if unit&(1<<31|0xFF) != uint32(s[i]) {
			return
		}
		at ^= offset(unit)
		if unit&(1<<8) == 0 {
			continue
		}
		// A key ends here, its value is in the next unit.
		if at >= uint32(len(m.units)) {
			return
		}
		start := m.units[at] & (1<<31 - 1)
		if uint64(start) >= uint64(len(m.texts)) || !utf8.RuneStart(m.texts[start]) {
			return
		}
		if text, _, _ := strings.Cut(m.texts[start:], "\x00"); !found(i+1, text) {
			return
		}
	}
}

// offset is the distance from a unit to its children, in the bits from 10 on;
// bit 9 shifts it by eight more.
func offset(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }
