package split

import (
	"strings"
	"unicode/utf8"
)

// Digit makes every number character a piece: \p{N}.
func Digit(s string, i int) int {
	c, n := at(s, i)
	if c&number != 0 {
		return i + n
	}
	return runNot(s, i+n, number)
}

// Digits makes every run of number characters a piece: \p{N}+.
func Digits(s string, i int) int {
	if c, _ := at(s, i); c&number != 0 {
		return run(s, i, number)
	}
	return runNot(s, i, number)
}

// Digits3 makes every three ASCII digits in a row a piece: [0-9][0-9][0-9].
func Digits3(s string, i int) int {
	n := 0 // digits that end at j
	for j := i; j < len(s); j++ {
		if s[j]-'0' > 9 {
			n = 0
			continue
		}
		if n++; n == 3 {
			if j-2 == i {
				return j + 1
			}
			return j - 2
		}
	}
	return len(s)
}

// asciiSigns are the printable ASCII characters that are neither letter, number
// nor \p{P}.
const asciiSigns = "$+<=>^`|~"

// Punctuation makes runs of punctuation pieces, after HF's pre-tokenizer of
// that name: \p{P} and every ASCII sign. isolated makes each one a piece.
func Punctuation(isolated bool) Func {
	return signs(asciiSigns, isolated)
}

// Falcon is the first expression of llama.cpp's cuts for Falcon
// ([\p{P}\$\+<=>\^~\|`]+); withBacktick false leaves out the backtick, as its
// cut named "default" does.
func Falcon(withBacktick bool) Func {
	if withBacktick {
		return signs(asciiSigns, false)
	}
	return signs("$+<=>^|~", false)
}

// signs cuts runs of \p{P} and the ASCII characters in more from the rest.
func signs(more string, isolated bool) Func {
	is := func(s string, i int) (bool, int) {
		c, n := at(s, i)
		return c&punct != 0 || n == 1 && strings.IndexByte(more, s[i]) >= 0, n
	}
	return func(s string, i int) int {
		first, n := is(s, i)
		i += n
		if first && isolated {
			return i
		}
		for i < len(s) {
			same, n := is(s, i)
			if same != first {
				break
			}
			i += n
		}
		return i
	}
}

// ByteDigits is Digits, or Digit if individual, as HF's pre-tokenizer of that
// name behaves after its ByteLevel: it then sees bytes spelled as characters,
// of which the spellings of B2 B3 B9 BC BD BE (² ³ ¹ ¼ ½ ¾) are numbers too.
func ByteDigits(individual bool) Func {
	is := func(b byte) bool {
		switch b {
		case 0xB2, 0xB3, 0xB9, 0xBC, 0xBD, 0xBE:
			return true
		}
		return b-'0' <= 9
	}
	return func(s string, i int) int {
		first := is(s[i])
		i++
		if first && individual {
			return i
		}
		for i < len(s) && is(s[i]) == first {
			i++
		}
		return i
	}
}

// Before makes every occurrence of sep start a piece ("merged with next");
// Contiguous occurrences are pieces of their own but for the last.
func Before(sep string) Func {
	return func(s string, i int) int {
		skip := 0
		if strings.HasPrefix(s[i:], sep) {
			skip = len(sep)
		}
		if k := strings.Index(s[i+skip:], sep); k >= 0 {
			return i + skip + k
		}
		return len(s)
	}
}

// After makes every occurrence of sep end a piece ("merged with previous").
func After(sep string) Func {
	return func(s string, i int) int {
		if k := strings.Index(s[i:], sep); k >= 0 {
			return i + k + len(sep)
		}
		return len(s)
	}
}

// Around makes every occurrence of sep a piece ("isolated").
func Around(sep string) Func {
	return func(s string, i int) int {
		switch k := strings.Index(s[i:], sep); {
		case k == 0:
			return i + len(sep)
		case k > 0:
			return i + k
		}
		return len(s)
	}
}

// SpaceMark is the sign that SentencePiece writes for a space.
const SpaceMark = "▁" // U+2581

// Marked starts a piece at every SpaceMark that follows something else, so
// that a run of marks stays with the word behind it.
func Marked(s string, i int) int {
	for strings.HasPrefix(s[i:], SpaceMark) {
		i += len(SpaceMark)
	}
	for i < len(s) {
		k := strings.IndexByte(s[i:], SpaceMark[0])
		if k < 0 {
			return len(s)
		}
		i += k
		if strings.HasPrefix(s[i:], SpaceMark) {
			return i
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		i += n
	}
	return len(s)
}
