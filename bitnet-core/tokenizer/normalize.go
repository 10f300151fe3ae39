package tokenizer

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A normalizer rewrites a stretch of text before it is cut into words.
type normalizer func(s string) string

// prepend puts text before a stretch that is not empty.
func prepend(text string) normalizer {
	return func(s string) string {
		if s == "" {
			return s
		}
		return text + s
	}
}

// replace replaces every occurrence of old.
func replace(old, new string) normalizer {
	return func(s string) string { return strings.ReplaceAll(s, old, new) }
}

// spaceMarks is prepend and replace in one pass, for the commonest pair.
func spaceMarks(prefix, mark string) normalizer {
	return func(s string) string {
		if s == "" {
			return s
		}
		var b strings.Builder
		b.Grow(len(prefix) + len(s) + strings.Count(s, " ")*(len(mark)-1))
		b.WriteString(prefix)
		for {
			word, rest, found := strings.Cut(s, " ")
			b.WriteString(word)
			if !found {
				return b.String()
			}
			b.WriteString(mark)
			s = rest
		}
	}
}

// unicodeForm brings text into a Unicode normalization form. The norm package
// breaks up more than 30 combining marks in a row with U+034F, which no
// tokenizer does; such text takes the long way.
func unicodeForm(form norm.Form) normalizer {
	const joiner = "\u034f"
	return func(s string) string {
		if isASCII(s) {
			return s
		}
		out := form.String(s)
		if len(out) != len(s) && strings.Count(out, joiner) != strings.Count(s, joiner) {
			return normalizeLong(form, s)
		}
		return out
	}
}

// normalizeLong is the normalization algorithm of the Unicode Standard (section
// 3.11) on whole text: decompose, order the marks, compose.
func normalizeLong(form norm.Form, s string) string {
	decompose, compose := norm.NFD, form == norm.NFC || form == norm.NFKC
	if form == norm.NFKC || form == norm.NFKD {
		decompose = norm.NFKD
	}
	var runes []rune
	for _, r := range s {
		for _, d := range decompose.String(string(r)) {
			runes = append(runes, d)
		}
	}
	class := func(r rune) uint8 {
		var b [utf8.UTFMax]byte
		return norm.NFD.Properties(b[:utf8.EncodeRune(b[:], r)]).CCC()
	}
	for i := 0; i < len(runes); {
		j := i + 1
		for j < len(runes) && class(runes[j]) != 0 {
			j++
		}
		marks := runes[i:j]
		if class(marks[0]) == 0 {
			marks = marks[1:]
		}
		slices.SortStableFunc(marks, func(a, b rune) int { return int(class(a)) - int(class(b)) })
		i = j
	}
	if !compose {
		return string(runes)
	}
	out := runes[:0]
	starter, last := -1, uint8(0) // where the last starter lies; class of the mark before
	for _, r := range runes {
		c := class(r)
		if starter >= 0 && (len(out)-1 == starter || last < c) {
			if pair := []rune(norm.NFC.String(string(out[starter]) + string(r))); len(pair) == 1 {
				out[starter] = pair[0]
				continue
			}
		}
		if c == 0 {
			starter = len(out)
		}
		last = c
		out = append(out, r)
	}
	return string(out)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
