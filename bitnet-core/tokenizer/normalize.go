package tokenizer

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/split"
)

// A normalizer rewrites a stretch of text before it is cut into words, and the
// alignment of it unless that is nil. Where the text comes from is what the
// Hugging Face library says, but for characters that stay as they are: it aligns
// them as a whole, an alignment here byte by byte.
type normalizer func(s string, a *alignment) string

// prepend puts text before a stretch that is not empty.
func prepend(text string) normalizer {
	return func(s string, a *alignment) string {
		if s == "" {
			return s
		}
		return before(text, s, a)
	}
}

// replace replaces every occurrence of old.
func replace(old, new string) normalizer {
	return func(s string, a *alignment) string { return replaced(s, old, new, a) }
}

// replaceRepeat replaces every match of re.
func replaceRepeat(re split.Repeat, content string) normalizer {
	return func(s string, a *alignment) string {
		if a == nil {
			return re.Replace(s, content)
		}
		w := newRewriter(s, a)
		for i := 0; i < len(s); {
			end, match := re.Segments(s, i)
			if match {
				w.putInstead(content, end)
			} else {
				w.keep(i, end)
			}
			i = end
		}
		return w.end()
	}
}

// spaceMarks is prepend and replace in one pass, for the commonest pair.
func spaceMarks(prefix, mark string) normalizer {
	return func(s string, a *alignment) string {
		if s == "" {
			return s
		}
		if a != nil {
			return replaced(before(prefix, s, a), " ", mark, a)
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

// collapseSpaces removes spaces at both ends and all but one of any in a row.
func collapseSpaces(s string, a *alignment) string {
	if !strings.HasPrefix(s, " ") && !strings.HasSuffix(s, " ") && !strings.Contains(s, "  ") {
		return s
	}
	w := newRewriter(s, a)
	for i := range len(s) {
		if s[i] != ' ' {
			if i > 0 && s[i-1] == ' ' && w.Len() > 0 {
				w.keep(i-1, i)
			}
			w.keep(i, i+1)
		}
	}
	return w.end()
}

// unicodeForm brings text into a Unicode normalization form. The norm package
// breaks up more than 30 combining marks in a row with U+034F, which no
// tokenizer does; such text takes the long way, as does text with an alignment.
func unicodeForm(form norm.Form) normalizer {
	const joiner = "\u034f"
	return func(s string, a *alignment) string {
		if isASCII(s) {
			return s
		}
		if a != nil {
			return normalizeLong(form, s, a)
		}
		out := form.String(s)
		if out != s && strings.Count(out, joiner) != strings.Count(s, joiner) {
			return normalizeLong(form, s, nil)
		}
		return out
	}
}

// A change is a character that a rewriting makes, and how many characters of the
// text before stand behind it: with n = 0 it takes the place of one, with n > 0 it
// is inserted and comes from where the character before it does, with n < 0 it
// takes the place of one and those behind that vanish. (The scheme is that of the
// Hugging Face library, whose alignments are thus those of the order in which
// characters stand, even where combining marks change places.)
type change struct {
	r rune
	n int
}

// changes are what rewrites a text.
type changes []change

// none reports whether the changes leave s as it is. A byte that is not UTF-8 is U+FFFD
// to both, which nothing changes.
func (c changes) none(s string) bool {
	k := 0
	for _, r := range s {
		if k == len(c) || c[k] != (change{r, 0}) {
			return false
		}
		k++
	}
	return k == len(c)
}

// apply writes what all changes make of the bytes from start to end of the text.
func (w *rewriter) apply(all changes, start, end int) {
	last, next := start, start // the character before next, and that
	skip := func() {
		_, n := utf8.DecodeRuneInString(w.from[next:end])
		last, next = next, next+n
	}
	for _, c := range all {
		if c.n <= 0 {
			skip()
		}
		w.putRune(c.r, last, next)
		for k := c.n; k < 0; k++ {
			skip()
		}
	}
}

// normalizeLong normalizes whole text by the algorithm of the Unicode Standard. What
// is normal already stays, byte by byte, and so do bytes that are not valid UTF-8.
func normalizeLong(form norm.Form, s string, a *alignment) string {
	w := newRewriter(s, a)
	for i := 0; i < len(s); {
		if n := form.QuickSpanString(s[i:]); n > 0 {
			w.keep(i, i+n)
			i += n
			continue
		}
		end := segmentEnd(form, s, i)
		if changes := normalized(form, s[i:end]); changes.none(s[i:end]) {
			w.keep(i, end)
		} else {
			w.apply(changes, i, end)
		}
		i = end
	}
	return w.end()
}

// segmentEnd returns where the next character is that nothing from s[i] on
// can combine with. Bytes that are not UTF-8 are segments by themselves.
func segmentEnd(form norm.Form, s string, i int) int {
	r, n := utf8.DecodeRuneInString(s[i:])
	valid := r != utf8.RuneError || n > 1
	for i += n; valid && i < len(s); i += n {
		r, n = utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || form.PropertiesString(s[i:]).BoundaryBefore() {
			break
		}
	}
	return i
}

// normalized is the normal form of valid UTF-8 (section 3.11 of the standard):
// decompose, order the marks, compose.
func normalized(form norm.Form, s string) changes {
	decompose, compose := norm.NFD, form == norm.NFC || form == norm.NFKC
	if form == norm.NFKC || form == norm.NFKD {
		decompose = norm.NFKD
	}
	var runes changes
	for _, r := range s {
		n := 0
		for _, d := range decompose.String(string(r)) {
			runes = append(runes, change{d, n})
			n = 1
		}
	}
	class := func(r rune) uint8 {
		var b [utf8.UTFMax]byte
		return norm.NFD.Properties(b[:utf8.EncodeRune(b[:], r)]).CCC()
	}
	for i := 0; i < len(runes); {
		j := i + 1
		for j < len(runes) && class(runes[j].r) != 0 {
			j++
		}
		marks := runes[i:j]
		if class(marks[0].r) == 0 {
			marks = marks[1:]
		}
		slices.SortStableFunc(marks, func(a, b change) int { return int(class(a.r)) - int(class(b.r)) })
		i = j
	}
	if !compose {
		return runes
	}
	out := runes[:0]
	starter, last := -1, uint8(0) // where the last starter lies; class of the mark before
	for _, c := range runes {
		cl := class(c.r)
		if starter >= 0 && (len(out)-1 == starter || last < cl) {
			if pair := []rune(norm.NFC.String(string(out[starter].r) + string(c.r))); len(pair) == 1 {
				out[starter] = change{pair[0], out[starter].n + c.n - 1}
				continue
			}
		}
		if cl == 0 {
			starter = len(out)
		}
		last = cl
		out = append(out, c)
	}
	return out
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
