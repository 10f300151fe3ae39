package split

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Segments returns the end of the segment of s that starts at i, and whether it
// is a match of some pattern or a gap between matches. Like a Func it depends on
// nothing before i. A gap is one segment.
type Segments func(s string, i int) (end int, match bool)

// A Behavior says what becomes of matches; the names are HF's.
type Behavior string

// Behaviors.
const (
	Isolated           Behavior = "Isolated"           // a match is a piece
	Removed            Behavior = "Removed"            // a match is left out: not for Cut
	Contiguous         Behavior = "Contiguous"         // neighbouring matches are one piece
	MergedWithPrevious Behavior = "MergedWithPrevious" // a match ends the gap before it
	MergedWithNext     Behavior = "MergedWithNext"     // a match begins the gap behind it
)

// Invert exchanges matches and gaps.
func (f Segments) Invert() Segments {
	return func(s string, i int) (int, bool) {
		end, match := f(s, i)
		return end, !match
	}
}

// Cut returns the Func for a behavior, or nil if it has none.
func (f Segments) Cut(b Behavior) Func {
	switch b {
	case Isolated:
		return func(s string, i int) int {
			end, _ := f(s, i)
			return end
		}
	case Contiguous:
		return func(s string, i int) int {
			end, first := f(s, i)
			for end < len(s) {
				next, match := f(s, end)
				if match != first {
					break
				}
				end = next
			}
			return end
		}
	case MergedWithPrevious, MergedWithNext:
		first := b == MergedWithNext // whether the first of the two is the match
		return func(s string, i int) int {
			end, match := f(s, i)
			if match == first && end < len(s) {
				if next, m := f(s, end); m != first {
					end = next
				}
			}
			return end
		}
	}
	return nil
}

// Literal matches sep, which is not empty.
func Literal(sep string) Segments {
	return func(s string, i int) (int, bool) {
		switch k := strings.Index(s[i:], sep); {
		case k == 0:
			return i + len(sep), true
		case k > 0:
			return i + k, false
		}
		return len(s), false
	}
}

// Spaces matches runs of white space.
func Spaces(s string, i int) (int, bool) {
	if c, _ := at(s, i); c&space != 0 {
		return run(s, i, space), true
	}
	return runNot(s, i, space), false
}

// Punct matches one sign of punctuation, after HF's pre-tokenizer Punctuation.
func Punct(s string, i int) (int, bool) {
	end := Punctuation(true)(s, i)
	c, n := at(s, i)
	return end, c&punct != 0 || n == 1 && strings.IndexByte(asciiSigns, s[i]) >= 0
}

// Words makes gaps of runs of word characters and of runs of what is neither
// that nor white space, and matches the white space between:
// \w+|[^\w\s]+ inverted. A step that leaves out matches keeps the gaps apart.
func Words(s string, i int) (int, bool) {
	first, n := wordClass(s, i)
	for i += n; i < len(s); i += n {
		var c class
		if c, n = wordClass(s, i); c != first {
			break
		}
	}
	return i, first == space
}

// wordClass returns space, letter for any word character, or 0, and the length
// of the character.
func wordClass(s string, i int) (class, int) {
	c, n := at(s, i)
	switch {
	case c&space != 0:
		return space, n
	case n == 1:
		if c&word != 0 || s[i] == '_' {
			return letter, n
		}
		return 0, n
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	if IsWord(r) {
		return letter, n
	}
	return 0, n
}

// IsWord is \w as Unicode defines it (UTS 18, annex C).
func IsWord(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc,
		unicode.Other_Alphabetic, unicode.Join_Control)
}
