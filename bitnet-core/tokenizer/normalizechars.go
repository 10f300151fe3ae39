package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// edit rewrites text character by character. Bytes that are not valid UTF-8
// stay as they are.
func edit(s string, to func(b *strings.Builder, r rune)) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			b.WriteByte(s[i])
		} else {
			to(&b, r)
		}
		i += n
	}
	return b.String()
}

// lowercase is the full mapping of each character by itself: İ, alone of all,
// becomes two, and Σ is σ at the end of a word too.
func lowercase(s string) string {
	return edit(s, func(b *strings.Builder, r rune) {
		if r == 'İ' {
			b.WriteString("i\u0307")
			return
		}
		b.WriteRune(unicode.ToLower(r))
	})
}

// stripAccents removes combining marks.
func stripAccents(s string) string { return without(s, unicode.M) }

func without(s string, set *unicode.RangeTable) string {
	if isASCII(s) {
		return s
	}
	return edit(s, func(b *strings.Builder, r rune) {
		if !unicode.Is(set, r) {
			b.WriteRune(r)
		}
	})
}

// strip removes white space at the ends.
func strip(left, right bool) normalizer {
	return func(s string) string {
		if left {
			s = strings.TrimLeftFunc(s, unicode.IsSpace)
		}
		if right {
			s = strings.TrimRightFunc(s, unicode.IsSpace)
		}
		return s
	}
}

// nmt removes control characters and makes spaces of what should be one, as
// SentencePiece's rule of that name.
func nmt(s string) string {
	return edit(s, func(b *strings.Builder, r rune) {
		switch {
		case r >= 0x01 && r <= 0x08, r == 0x0B, r >= 0x0E && r <= 0x1F, r == 0x7F, r == 0x8F, r == 0x9F:
			return
		case r >= 0x09 && r <= 0x0D, r == 0x1680, r >= 0x200B && r <= 0x200F, r == 0x2028, r == 0x2029,
			r == 0x2581, r == 0xFEFF, r == 0xFFFD:
			r = ' '
		}
		b.WriteRune(r)
	})
}

// bertOptions says what BERT's normalizer does.
type bertOptions struct {
	clean   bool // control characters vanish, white space becomes spaces
	chinese bool // spaces around Chinese characters
	accents bool // accents vanish
	lower   bool
}

func (o bertOptions) normalize(s string) string {
	if o.clean {
		s = edit(s, func(b *strings.Builder, r rune) {
			switch {
			case r == '\t' || r == '\n' || r == '\r':
				r = ' '
			case r == 0 || r == utf8.RuneError || isOther(r):
				return
			case unicode.IsSpace(r):
				r = ' '
			}
			b.WriteRune(r)
		})
	}
	if o.chinese && !isASCII(s) {
		s = edit(s, func(b *strings.Builder, r rune) {
			if !isChinese(r) {
				b.WriteRune(r)
				return
			}
			b.WriteByte(' ')
			b.WriteRune(r)
			b.WriteByte(' ')
		})
	}
	if o.accents {
		s = without(unicodeForm(norm.NFD)(s), unicode.Mn)
	}
	if o.lower {
		s = lowercase(s)
	}
	return s
}

// isOther reports whether r is a control, format or private character.
func isOther(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co) }

// isChinese reports whether r is in one of the blocks that BERT's authors list.
// The last but one begins at 2B920 in the reference library, not at 2B820.
func isChinese(r rune) bool {
	switch {
	case r < 0x3400:
		return false
	case r >= 0x4E00 && r <= 0x9FFF, r <= 0x4DBF, r >= 0x20000 && r <= 0x2A6DF, r >= 0x2A700 && r <= 0x2B73F,
		r >= 0x2B740 && r <= 0x2B81F, r >= 0x2B920 && r <= 0x2CEAF, r >= 0xF900 && r <= 0xFAFF, r >= 0x2F800 && r <= 0x2FA1F:
		return true
	}
	return false
}
