package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/charsmap"
)

// edit rewrites text character by character. Bytes that are not valid UTF-8
// stay as they are.
func edit(s string, a *alignment, to func(put func(r rune), r rune)) string {
	w := newRewriter(s, a)
	i, end := 0, 0
	put := func(r rune) { w.putRune(r, i, end) }
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		end = i + n
		if r == utf8.RuneError && n == 1 {
			w.keep(i, end)
		} else {
			to(put, r)
		}
		i = end
	}
	return w.end()
}

// lowercase is the full mapping of each character by itself: İ, alone of all,
// becomes two, and Σ is σ at the end of a word too.
func lowercase(s string, a *alignment) string {
	return edit(s, a, func(put func(rune), r rune) {
		if r == 'İ' {
			put('i')
			put('\u0307')
			return
		}
		put(unicode.ToLower(r))
	})
}

// stripAccents removes combining marks.
func stripAccents(s string, a *alignment) string { return without(s, unicode.M, a) }

func without(s string, set *unicode.RangeTable, a *alignment) string {
	if isASCII(s) {
		return s
	}
	return edit(s, a, func(put func(rune), r rune) {
		if !unicode.Is(set, r) {
			put(r)
		}
	})
}

// strip removes white space at the ends.
func strip(left, right bool) normalizer {
	return func(s string, a *alignment) string {
		start, end := 0, len(s)
		if left {
			start = end - len(strings.TrimLeftFunc(s, unicode.IsSpace))
		}
		if right {
			end = start + len(strings.TrimRightFunc(s[start:], unicode.IsSpace))
		}
		if a != nil {
			a.spans = a.spans[start:end]
		}
		return s[start:end]
	}
}

// nmt removes control characters and makes spaces of what should be one, as
// SentencePiece's rule of that name.
func nmt(s string, a *alignment) string {
	return edit(s, a, func(put func(rune), r rune) {
		switch {
		case r >= 0x01 && r <= 0x08, r == 0x0B, r >= 0x0E && r <= 0x1F, r == 0x7F, r == 0x8F, r == 0x9F:
			return
		case r >= 0x09 && r <= 0x0D, r == 0x1680, r >= 0x200B && r <= 0x200F, r == 0x2028, r == 0x2029,
			r == 0x2581, r == 0xFEFF, r == 0xFFFD:
			r = ' '
		}
		put(r)
	})
}

// bertOptions says what BERT's normalizer does.
type bertOptions struct {
	clean   bool // control characters vanish, white space becomes spaces
	chinese bool // spaces around Chinese characters
	accents bool // accents vanish
	lower   bool
}

func (o bertOptions) normalize(s string, a *alignment) string {
	if o.clean {
		s = edit(s, a, func(put func(rune), r rune) {
			switch {
			case r == '\t' || r == '\n' || r == '\r':
				r = ' '
			case r == 0 || r == utf8.RuneError || isOther(r):
				return
			case unicode.IsSpace(r):
				r = ' '
			}
			put(r)
		})
	}
	if o.chinese && !isASCII(s) {
		s = edit(s, a, func(put func(rune), r rune) {
			if !isChinese(r) {
				put(r)
				return
			}
			put(' ')
			put(r)
			put(' ')
		})
	}
	if o.accents {
		s = without(unicodeForm(norm.NFD)(s, a), unicode.Mn, a)
	}
	if o.lower {
		s = lowercase(s, a)
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

// table replaces characters by a table. Of the characters that replace a part,
// each comes from that in its place, and surplus ones from the last.
func table(m *charsmap.Map) normalizer {
	return func(s string, a *alignment) string {
		if a == nil {
			return m.Apply(s)
		}
		w := newRewriter(s, a)
		m.Each(s, func(start, end int, text string, replaced bool) {
			if !replaced {
				w.keep(start, end)
				return
			}
			at, n := start, 0
			for _, r := range text {
				if at+n < end {
					at += n
					_, n = utf8.DecodeRuneInString(s[at:end])
				}
				w.putRune(r, at, at+n)
			}
		})
		return w.end()
	}
}
