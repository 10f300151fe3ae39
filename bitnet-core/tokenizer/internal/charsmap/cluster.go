package charsmap

import (
	"unicode"
	"unicode/utf8"
)

// clusterEnd returns the end of the grapheme cluster that starts at s[i]. A byte
// that is not valid UTF-8 is a cluster of its own.
func clusterEnd(s string, i int) int {
	r, n := utf8.DecodeRuneInString(s[i:])
	end := i + n
	if r == '\r' && end < len(s) && s[end] == '\n' {
		return end + 1 // GB3
	}
	if stands(r, n) {
		return end
	}
	for end < len(s) {
		if s[end] < utf8.RuneSelf && r < utf8.RuneSelf {
			break
		}
		next, n := utf8.DecodeRuneInString(s[end:])
		if stands(next, n) || !extends(next) && !prepends(r) && !syllable(r, next) {
			break
		}
		end += n
		r = next
	}
	return end
}

// stands reports whether a character joins no other (GB4, GB5); n is its length.
func stands(r rune, n int) bool {
	switch {
	case r < utf8.RuneSelf:
		return r < ' ' || r == 0x7F
	case r == utf8.RuneError && n == 1:
		return true
	case extends(r) || prepends(r):
		return false
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
		return true
	}
	return unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) && !unicode.IsGraphic(r)
}

// extends reports whether a character joins the one before it (GB9, GB9a): the
// classes Extend, ZWJ and SpacingMark.
func extends(r rune) bool {
	if r < 0x300 {
		return false
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Other_Grapheme_Extend) {
		return true
	}
	switch r {
	case 0x200D, 0x0E33, 0x0EB3:
		return true
	}
	return r >= 0x1F3FB && r <= 0x1F3FF || unicode.Is(unicode.Mc, r) && !unicode.Is(notSpacing, r)
}

// notSpacing has the marks of UAX #29, table 2, that are not SpacingMark.
var notSpacing = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x102B, Hi: 0x102C, Stride: 1},
		{Lo: 0x1038, Hi: 0x1038, Stride: 1},
		{Lo: 0x1062, Hi: 0x1064, Stride: 1},
		{Lo: 0x1067, Hi: 0x106D, Stride: 1},
		{Lo: 0x1083, Hi: 0x1083, Stride: 1},
		{Lo: 0x1087, Hi: 0x108C, Stride: 1},
		{Lo: 0x108F, Hi: 0x108F, Stride: 1},
		{Lo: 0x109A, Hi: 0x109C, Stride: 1},
		{Lo: 0x1A61, Hi: 0x1A61, Stride: 1},
		{Lo: 0x1A63, Hi: 0x1A64, Stride: 1},
		{Lo: 0xAA7B, Hi: 0xAA7B, Stride: 1},
		{Lo: 0xAA7D, Hi: 0xAA7D, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0x11720, Hi: 0x11721, Stride: 1}},
}

// prepends reports whether a character joins the one after it (GB9b).
func prepends(r rune) bool {
	if r < 0x600 {
		return false
	}
	return unicode.Is(unicode.Prepended_Concatenation_Mark, r) || unicode.Is(prepended, r)
}

// prepended has the letters of class Prepend, which syllables begin with.
var prepended = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0x0D4E, Hi: 0x0D4E, Stride: 1}},
	R32: []unicode.Range32{
		{Lo: 0x111C2, Hi: 0x111C3, Stride: 1},
		{Lo: 0x1193F, Hi: 0x1193F, Stride: 1},
		{Lo: 0x11941, Hi: 0x11941, Stride: 1},
		{Lo: 0x11A3A, Hi: 0x11A3A, Stride: 1},
		{Lo: 0x11A84, Hi: 0x11A89, Stride: 1},
		{Lo: 0x11D46, Hi: 0x11D46, Stride: 1},
		{Lo: 0x11F02, Hi: 0x11F02, Stride: 1},
	},
}

// syllable reports whether two Hangul characters are of one syllable (GB6 to
// GB8).
func syllable(a, b rune) bool {
	trailing := b >= 0x11A8 && b <= 0x11FF || b >= 0xD7CB && b <= 0xD7FB
	vowel := b >= 0x1160 && b <= 0x11A7 || b >= 0xD7B0 && b <= 0xD7C6
	whole := b >= 0xAC00 && b <= 0xD7A3
	switch {
	case leading(a):
		return leading(b) || vowel || whole
	case a >= 0xAC00 && a <= 0xD7A3 && (a-0xAC00)%28 == 0, a >= 0x1160 && a <= 0x11A7, a >= 0xD7B0 && a <= 0xD7C6:
		return vowel || trailing
	case a >= 0xAC00 && a <= 0xD7A3, a >= 0x11A8 && a <= 0x11FF, a >= 0xD7CB && a <= 0xD7FB:
		return trailing
	}
	return false
}

func leading(r rune) bool { return r >= 0x1100 && r <= 0x115F || r >= 0xA960 && r <= 0xA97C }
