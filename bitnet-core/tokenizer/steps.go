package tokenizer

import (
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/split"
)

// A step of pre-tokenization rewrites a piece of text and cuts it into smaller
// ones. Every field may be zero.
type step struct {
	mark string         // what is written for a space
	lead lead           // what the piece must begin with
	cut  split.Func     // into pieces that all stay
	drop split.Segments // into pieces of which the matches are left out, instead of cut
}

// lead is a text that is put before a piece unless it begins with it.
type lead struct {
	text      string
	firstOnly bool // only at the start of the input
}

// cuts returns steps that only cut.
func cuts(funcs ...split.Func) []step {
	steps := make([]step, len(funcs))
	for i, f := range funcs {
		steps[i].cut = f
	}
	return steps
}

// rewrite is the first half of a step. atStart tells that text is the start of
// the input, a is the alignment of text or nil.
func (s *step) rewrite(text string, atStart bool, a *alignment) string {
	if s.mark != "" {
		text = replaced(text, " ", s.mark, a)
	}
	if l := s.lead; l.text != "" && (!l.firstOnly || atStart) && !strings.HasPrefix(text, l.text) {
		text = before(l.text, text, a)
	}
	return text
}

// next is the second half of a step: where the piece that starts at i ends, and
// whether it is left out.
func (s *step) next(text string, i int) (end int, drop bool) {
	switch {
	case s.cut != nil:
		return s.cut(text, i), false
	case s.drop != nil:
		return s.drop(text, i)
	}
	return len(text), false
}

// words passes text through steps and what comes out through the model.
func (p *pipeline) words(dst []int32, text string, steps []step, atStart bool, sc *scratch) []int32 {
	if len(steps) == 0 {
		return p.model.Append(dst, text, sc)
	}
	s := &steps[0]
	text = s.rewrite(text, atStart, nil)
	for i := 0; i < len(text); {
		end, drop := s.next(text, i)
		switch {
		case drop:
		case len(steps) == 1:
			dst = p.model.Append(dst, text[i:end], sc)
		default:
			dst = p.words(dst, text[i:end], steps[1:], atStart && i == 0, sc)
		}
		i = end
	}
	return dst
}
