// Package alphabet spells bytes as characters, as byte-level vocabularies do: the
// printable ones of Latin-1 as themselves, the other 68 as U+0100 to U+0143 in
// order. (A space is Ġ, a newline Ċ.) The alphabet is GPT-2's (Radford et al.,
// "Language Models are Unsupervised Multitask Learners", and its published code).
//
// Vocabularies of characters have tokens for single bytes instead, spelled <0x00> to <0xFF>
// ([ByteOf]).
package alphabet

import "unicode/utf8"

// Spell returns the character that spells b.
func Spell(b byte) rune {
	switch {
	case b <= ' ':
		return 0x100 + rune(b)
	case b >= 0x7F && b <= 0xA0:
		return 0x100 + 33 + rune(b-0x7F)
	case b == 0xAD:
		return 0x100 + 67
	}
	return rune(b)
}

// Unspell returns the byte that r spells.
func Unspell(r rune) (byte, bool) {
	switch n := r - 0x100; {
	case r < 0x100:
		return byte(r), r > ' ' && r < 0x7F || r > 0xA0 && r != 0xAD
	case n < 33:
		return byte(n), true
	case n < 67:
		return byte(n - 33 + 0x7F), true
	case n == 67:
		return 0xAD, true
	}
	return 0, false
}

// Append appends raw bytes as a byte-level vocabulary spells them.
func Append(dst, raw []byte) []byte {
	for _, b := range raw {
		dst = utf8.AppendRune(dst, Spell(b))
	}
	return dst
}

// AppendBytes appends the bytes that spelling stands for. If it has a character
// outside the alphabet, it stands for itself, and ok is false.
func AppendBytes(dst, spelling []byte) (_ []byte, ok bool) {
	start := len(dst)
	for i := 0; i < len(spelling); {
		c := spelling[i]
		if c > ' ' && c < 0x7F {
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(spelling[i:])
		b, known := Unspell(r)
		if !known {
			return append(dst[:start], spelling...), false
		}
		dst = append(dst, b)
		i += n
	}
	return dst, true
}

// ByteOf returns the byte that a token spelled <0xHH> stands for.
func ByteOf[T string | []byte](token T) (_ byte, ok bool) {
	if len(token) != 6 || string(token[:3]) != "<0x" || token[5] != '>' {
		return 0, false
	}
	high, low := hexDigit(token[3]), hexDigit(token[4])
	return byte(high<<4 | low), high >= 0 && low >= 0
}

func hexDigit(c byte) int {
	switch {
	case c-'0' <= 9:
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
