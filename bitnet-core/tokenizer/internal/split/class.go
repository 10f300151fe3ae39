package split

import (
	"sync"
	"unicode"
	"unicode/utf8"
)

// class is a set of the character classes that the expressions name.
type class uint8

const (
	letter   class = 1 << iota // \p{L}
	number                     // \p{N}
	space                      // \s, White_Space
	newline                    // [\r\n], always together with space
	punct                      // \p{P}
	mark                       // \p{M}
	upper                      // [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]
	lower                      // [\p{Ll}\p{Lm}\p{Lo}\p{M}]
	word     = letter | number
	notOther = word | space // what [^\s\p{L}\p{N}] excludes
)

// tableSize is past the last letter or number that Unicode assigns. Above it only
// the variation selectors have a class.
const tableSize = 0x32400

// selectors are the classes of U+E0100 to U+E01EF.
const selectors = mark | upper | lower

// table maps a code point below tableSize to its classes. Filling it takes a
// tenth of a millisecond, which a text in ASCII never pays.
var table = sync.OnceValue(func() *[tableSize]class {
	var t [tableSize]class
	for _, set := range []struct {
		table *unicode.RangeTable
		class class
	}{
		{unicode.L, letter},
		{unicode.N, number},
		{unicode.White_Space, space},
		{unicode.P, punct},
		{unicode.M, mark | upper | lower},
		{unicode.Lu, upper},
		{unicode.Lt, upper},
		{unicode.Ll, lower},
		{unicode.Lm, upper | lower},
		{unicode.Lo, upper | lower},
	} {
		for _, r := range set.table.R16 {
			for c := uint32(r.Lo); c <= uint32(r.Hi); c += uint32(r.Stride) {
				t[c] |= set.class
			}
		}
		for _, r := range set.table.R32 {
			for c := r.Lo; c <= r.Hi && c < tableSize; c += r.Stride {
				t[c] |= set.class
			}
		}
	}
	t['\n'] |= newline
	t['\r'] |= newline
	return &t
})

// ascii is table's first half-page, written out so that it needs no filling.
var ascii = [utf8.RuneSelf]class{
	'\t': space, '\n': space | newline, '\v': space, '\f': space, '\r': space | newline, ' ': space,
	'!': punct, '"': punct, '#': punct, '%': punct, '&': punct, '\'': punct, '(': punct, ')': punct,
	'*': punct, ',': punct, '-': punct, '.': punct, '/': punct, ':': punct, ';': punct, '?': punct,
	'@': punct, '[': punct, '\\': punct, ']': punct, '_': punct, '{': punct, '}': punct,
	'0': number, '1': number, '2': number, '3': number, '4': number,
	'5': number, '6': number, '7': number, '8': number, '9': number,
	'A': letter | upper, 'B': letter | upper, 'C': letter | upper, 'D': letter | upper, 'E': letter | upper, 'F': letter | upper, 'G': letter | upper,
	'H': letter | upper, 'I': letter | upper, 'J': letter | upper, 'K': letter | upper, 'L': letter | upper, 'M': letter | upper, 'N': letter | upper,
	'O': letter | upper, 'P': letter | upper, 'Q': letter | upper, 'R': letter | upper, 'S': letter | upper, 'T': letter | upper, 'U': letter | upper,
	'V': letter | upper, 'W': letter | upper, 'X': letter | upper, 'Y': letter | upper, 'Z': letter | upper,
	'a': letter | lower, 'b': letter | lower, 'c': letter | lower, 'd': letter | lower, 'e': letter | lower, 'f': letter | lower, 'g': letter | lower,
	'h': letter | lower, 'i': letter | lower, 'j': letter | lower, 'k': letter | lower, 'l': letter | lower, 'm': letter | lower, 'n': letter | lower,
	'o': letter | lower, 'p': letter | lower, 'q': letter | lower, 'r': letter | lower, 's': letter | lower, 't': letter | lower, 'u': letter | lower,
	'v': letter | lower, 'w': letter | lower, 'x': letter | lower, 'y': letter | lower, 'z': letter | lower,
}

// at returns the classes of the character at s[i] and its length in bytes.
// At the end of s it returns 0, 0.
func at(s string, i int) (class, int) {
	if i >= len(s) {
		return 0, 0
	}
	if c := s[i]; c < utf8.RuneSelf {
		return ascii[c], 1
	}
	return wide(s[i:])
}

// wide is at for the first character of s, which is not ASCII.
func wide(s string) (class, int) {
	r, n := utf8.DecodeRuneInString(s)
	if r >= tableSize || r == utf8.RuneError {
		if r >= 0xE0100 && r <= 0xE01EF {
			return selectors, n
		}
		return 0, n
	}
	return table()[r], n
}

// run returns the end of the longest run from s[i] on of characters that have
// a class in set.
func run(s string, i int, set class) int {
	for i < len(s) {
		if c := s[i]; c < utf8.RuneSelf {
			if ascii[c]&set == 0 {
				return i
			}
			i++
			continue
		}
		c, n := wide(s[i:])
		if c&set == 0 {
			return i
		}
		i += n
	}
	return i
}

// runNot is run for characters that have no class in set.
func runNot(s string, i int, set class) int {
	for i < len(s) {
		if c := s[i]; c < utf8.RuneSelf {
			if ascii[c]&set != 0 {
				return i
			}
			i++
			continue
		}
		c, n := wide(s[i:])
		if c&set != 0 {
			return i
		}
		i += n
	}
	return i
}

// spaces is the end of the piece for \s+(?!\S)|\s+ at s[i], where end is the
// end of the run of white space that starts there: a run before a word leaves
// its last character to the word.
func spaces(s string, i, end int) int {
	if end == len(s) {
		return end
	}
	_, n := utf8.DecodeLastRuneInString(s[i:end])
	if end-n > i {
		return end - n
	}
	return end
}
