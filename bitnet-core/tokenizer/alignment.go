package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// An alignment says for every byte of a text that is being rewritten which part
// of the original it comes from. A nil alignment keeps no account and costs
// nothing; what rewrites a text takes one that may be nil.
type alignment struct {
	spans []Range
}

// newAlignment returns the alignment of n bytes of the original from start on
// that are still as they were.
func newAlignment(start, n int) *alignment {
	spans := make([]Range, n)
	for i := range spans {
		spans[i] = Range{start + i, start + i + 1}
	}
	return &alignment{spans}
}

// part returns the alignment of the bytes from start to end alone.
func (a *alignment) part(start, end int) *alignment {
	if a == nil {
		return nil
	}
	return &alignment{a.spans[start:end:end]}
}

// whole returns what the bytes from start to end come from, end > start.
func (a *alignment) whole(start, end int) Range {
	return Range{a.spans[start].Start, a.spans[end-1].End}
}

// A rewriter builds what a text becomes, and its alignment if there is one.
type rewriter struct {
	strings.Builder
	from  string // the text
	a     *alignment
	spans []Range
}

func newRewriter(from string, a *alignment) *rewriter {
	w := &rewriter{from: from, a: a}
	w.Grow(len(from))
	return w
}

// keep writes the bytes from start to end of the text as they are.
func (w *rewriter) keep(start, end int) {
	w.WriteString(w.from[start:end])
	if w.a != nil {
		w.spans = append(w.spans, w.a.spans[start:end]...)
	}
}

// put writes something that comes from the bytes from start to end, end > start.
func (w *rewriter) put(text string, start, end int) {
	w.WriteString(text)
	w.align(len(text), start, end)
}

// putRune is put for one character.
func (w *rewriter) putRune(r rune, start, end int) {
	n, _ := w.WriteRune(r)
	w.align(n, start, end)
}

func (w *rewriter) align(n, start, end int) {
	if w.a == nil {
		return
	}
	for range n {
		w.spans = append(w.spans, w.a.whole(start, end))
	}
}

// end returns the new text; the alignment is now that of it.
func (w *rewriter) end() string {
	if w.a != nil {
		w.a.spans = w.spans
	}
	return w.String()
}

// before puts lead before s, which is not empty; it comes from where the first
// character does, which counts as a whole from now on.
func before(lead, s string, a *alignment) string {
	if a == nil {
		return lead + s
	}
	w := newRewriter(s, a)
	_, n := utf8.DecodeRuneInString(s)
	w.put(lead+s[:n], 0, n)
	w.keep(n, len(s))
	return w.end()
}

// replaced replaces every occurrence of old, which is not empty. What is new
// comes from the last character of what it replaces, as in the Hugging Face
// library.
func replaced(s, old, content string, a *alignment) string {
	if a == nil {
		return strings.ReplaceAll(s, old, content)
	}
	w := newRewriter(s, a)
	for i := 0; i < len(s); {
		k := strings.Index(s[i:], old)
		if k < 0 {
			w.keep(i, len(s))
			break
		}
		w.keep(i, i+k)
		i += k + len(old)
		w.putInstead(content, i)
	}
	return w.end()
}

// putInstead writes what replaces characters of the text up to end.
func (w *rewriter) putInstead(content string, end int) {
	_, n := utf8.DecodeLastRuneInString(w.from[:end])
	w.put(content, end-n, end)
}
