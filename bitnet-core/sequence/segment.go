package sequence

import "iter"

// A Span is a sequence within a row: tokens [Start, End), at least one.
type Span struct {
	Segment    int32 // its number in the row, from 1
	Start, End int
}

// Spans yields the sequences of a row from left to right. segments (T) are those of
// one row. It allocates nothing.
func Spans(segments []int32) iter.Seq[Span] {
	return func(yield func(Span) bool) {
		for i := 0; i < len(segments); {
			s := segments[i]
			from := i
			for i < len(segments) && segments[i] == s {
				i++
			}
			if s != 0 && !yield(Span{s, from, i}) {
				return
			}
		}
	}
}

// Positions sets dst (T) to the position of each token of a row in its sequence,
// and to 0 for padding.
func Positions(dst, segments []int32) {
	if len(dst) != len(segments) {
		panic("sequence: Positions length")
	}
	clear(dst)
	for s := range Spans(segments) {
		for i := range dst[s.Start:s.End] {
			dst[s.Start+i] = int32(i)
		}
	}
}

// Targets sets dst (T) to what each token of a row is to predict: the next one of its
// sequence. The last token of a sequence and padding get `ignore`, which a loss
// leaves out (-100 by custom). dst may be ids.
func Targets(dst, ids, segments []int32, ignore int32) {
	if len(dst) != len(segments) || len(ids) != len(segments) {
		panic("sequence: Targets length")
	}
	last := len(segments) - 1
	for i, s := range segments {
		if s != 0 && i < last && segments[i+1] == s {
			dst[i] = ids[i+1]
		} else {
			dst[i] = ignore
		}
	}
}
