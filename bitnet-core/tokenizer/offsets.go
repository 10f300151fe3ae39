package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Range is the part [Start, End) of a text, in bytes.
type Range struct{ Start, End int }

// An OffsetEncoder is a Tokenizer that knows where in the text each id comes
// from. Every Tokenizer that this package loads is one:
//
//	ids, ranges := t.(tokenizer.OffsetEncoder).EncodeOffsets(nil, nil, text, opt)
type OffsetEncoder interface {
	Tokenizer

	// EncodeOffsets appends the ids of text, those that Encode appends, to dst
	// and a Range of text for each of them to ranges.
	//
	// Ranges are those of the Hugging Face library, but in bytes and exact within
	// characters: where a token has some bytes of a character, its Range has
	// these and not the whole character, unless the character was rewritten or
	// something was put before it.
	// Neither the starts nor the ends of ranges ever decrease. Where nothing is
	// rewritten or left out, the ranges together are the text. Characters
	// that were rewritten, such as a ligature made of two letters, can lie in
	// several ranges; what a normalizer put in, such as a mark before the
	// first word, comes from the character that it was put before. An added
	// token has the white space that it takes in too; added tokens of white
	// space are found in there once more and their ranges go back. Ids of the
	// post-processor have empty ranges, at the start and the end of text. If a
	// file says trim_offsets, ranges are without the white space at the ends
	// of a token.
	EncodeOffsets(dst []int32, ranges []Range, text string, opt Options) ([]int32, []Range)
}

// An offsetEncoding is a running EncodeOffsets.
type offsetEncoding struct {
	p      *pipeline
	ids    []int32
	ranges []Range
	sc     *scratch
	local  []Range // of the ids of a word, in the word
}

// EncodeOffsets implements OffsetEncoder.
func (p *pipeline) EncodeOffsets(dst []int32, ranges []Range, text string, opt Options) ([]int32, []Range) {
	if !opt.NoPostProcess {
		for _, id := range p.prefix {
			dst, ranges = append(dst, id), append(ranges, Range{})
		}
	}
	e := offsetEncoding{p: p, ids: dst, ranges: ranges, sc: p.scratchFor()}
	first := len(ranges)
	p.verbatim.cut(text, opt.PlainSpecials, func(start, end int) {
		part, a := text[start:end], newAlignment(start, end-start)
		for _, f := range p.normalize {
			part = f(part, a)
		}
		p.rewritten.cut(part, opt.PlainSpecials, func(from, to int) {
			e.words(part[from:to], p.steps, start == 0 && from == 0, a.part(from, to))
		}, func(id int32, from, to int) { e.add(id, a.whole(from, to)) })
	}, func(id int32, start, end int) { e.add(id, Range{start, end}) })
	p.release(e.sc)
	if p.trim {
		e.trim(text, first)
	}
	if !opt.NoPostProcess {
		for _, id := range p.suffix {
			e.add(id, Range{len(text), len(text)})
		}
	}
	return e.ids, e.ranges
}

func (e *offsetEncoding) add(id int32, at Range) {
	e.ids, e.ranges = append(e.ids, id), append(e.ranges, at)
}

// words is pipeline.words with an account of where the words come from.
func (e *offsetEncoding) words(text string, steps []step, atStart bool, a *alignment) {
	if len(steps) == 0 {
		start := len(e.ids)
		e.ids = e.p.model.Append(e.ids, text, e.sc)
		e.local = e.p.model.Locate(e.local[:0], text, e.ids[start:], e.p, e.sc)
		for _, r := range e.local {
			switch {
			case r.Start < r.End:
				e.ranges = append(e.ranges, a.whole(r.Start, r.End))
			case r.Start > 0:
				end := a.spans[r.Start-1].End
				e.ranges = append(e.ranges, Range{end, end})
			default:
				start := a.spans[0].Start
				e.ranges = append(e.ranges, Range{start, start})
			}
		}
		return
	}
	s := &steps[0]
	text = s.rewrite(text, atStart, a)
	for i := 0; i < len(text); {
		end, drop := s.next(text, i)
		if !drop {
			e.words(text[i:end], steps[1:], atStart && i == 0, a.part(i, end))
		}
		i = end
	}
}

// trim takes white space off the ends of the ranges from first on; a token of
// white space alone keeps an empty range behind it. Of a byte-level vocabulary
// the reference library sees the spellings, in which a space alone is white.
func (e *offsetEncoding) trim(text string, first int) {
	white := unicode.IsSpace
	if e.p.spelled {
		white = func(r rune) bool { return r == ' ' }
	}
	for i := first; i < len(e.ranges); i++ {
		r := &e.ranges[i]
		r.Start = r.End - len(strings.TrimLeftFunc(text[r.Start:r.End], white))
		r.End = r.Start + len(strings.TrimRightFunc(text[r.Start:r.End], white))
	}
}

// A location finds the parts of a word that its ids stand for.
type location struct {
	word string
	at   int // where the next one begins
}

// text is for an id that stands for a text as it is. Characters before it vanished.
// If it is nowhere, nothing is known of this id and those behind it.
func (l *location) text(text []byte) Range {
	k := strings.Index(l.word[l.at:], string(text))
	if k < 0 {
		l.at = len(l.word)
		return l.take(0)
	}
	l.at += k
	return l.take(len(text))
}

// take is for an id that stands for the next n bytes.
func (l *location) take(n int) Range {
	start := l.at
	l.at = min(start+n, len(l.word))
	return Range{start, l.at}
}

// char returns the length of the next character.
func (l *location) char() int {
	_, n := utf8.DecodeRuneInString(l.word[l.at:])
	return n
}
