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
	word     = letter | number
	notOther = word | space // what [^\s\p{L}\p{N}] excludes
)

// tableSize is past the last letter or number that Unicode assigns; everything
// above has no class.
const tableSize = 0x32400

// table maps a code point below tableSize to its classes. Filling it takes a
// tenth of a millisecond, which a text in ASCII never pays.
var table = sync.OnceValue(func() *[tableSize]class {
	var t [tableSize]class
	for _, set := range []struct {
		table *unicode.RangeTable
		class class
	}{{unicode.L, letter}, {unicode.N, number}, {unicode.White_Space, space}, {unicode.P, punct}} {
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
	'A': letter, 'B': letter, 'C': letter, 'D': letter, 'E': letter, 'F': letter, 'G': letter,
	'H': letter, 'I': letter, 'J': letter, 'K': letter, 'L': letter, 'M': letter, 'N': letter,
	'O': letter, 'P': letter, 'Q': letter, 'R': letter, 'S': letter, 'T': letter, 'U': letter,
	'V': letter, 'W': letter, 'X': letter, 'Y': letter, 'Z': letter,
	'a': letter, 'b': letter, 'c': letter, 'd': letter, 'e': letter, 'f': letter, 'g': letter,
	'h': letter, 'i': letter, 'j': letter, 'k': letter, 'l': letter, 'm': letter, 'n': letter,
	'o': letter, 'p': letter, 'q': letter, 'r': letter, 's': letter, 't': letter, 'u': letter,
	'v': letter, 'w': letter, 'x': letter, 'y': letter, 'z': letter,
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
