package sequence

// Truncate returns at most limit tokens of seq, without those that are too many at
// the given side: a view of seq. Special tokens that are added later need room: take
// them off limit.
func Truncate(seq []int32, limit int, side Side) []int32 {
	if limit < 0 || side > Left {
		panic("sequence: Truncate limit below 0, or no such side")
	}
	n := min(len(seq), limit)
	if side == Left {
		seq = seq[len(seq)-n:]
	}
	return seq[:n:n]
}

// TruncateIf truncates to limit what is longer than `over`, and leaves alone what
// is not, even where it is longer than limit: a few tokens too many are then no
// reason to cut a sequence, and many are.
func TruncateIf(seq []int32, over, limit int, side Side) []int32 {
	if over < 0 {
		panic("sequence: TruncateIf over below 0")
	}
	if len(seq) <= over {
		return Truncate(seq, len(seq), side)
	}
	return Truncate(seq, limit, side)
}

// A PairRule says which of two sequences loses tokens.
type PairRule uint8

// The rules for pairs.
const (
	LongestFirst PairRule = iota // one token at a time from the one that is longer then
	OnlyFirst                    // a long context before a short question
	OnlySecond                   // a short question before a long context
)

// TruncatePair returns views of a and b that together have at most limit tokens;
// both lose them at the given side. It returns a [*LengthError], with 0 or 1 as
// Sequence, if the one that may not lose tokens is alone longer than limit.
//
// Where LongestFirst cuts both and limit is odd, the odd token is left to the one that
// was longer, and to the second if neither was: so does the library tokenizers.
// (transformers' tokenizers in Python leave it to the first.)
func TruncatePair(a, b []int32, limit int, rule PairRule, side Side) (first, second []int32, err error) {
	if limit < 0 || rule > OnlySecond || side > Left {
		panic("sequence: TruncatePair limit below 0, or no such rule or side")
	}
	n, m := len(a), len(b)
	switch rule {
	case OnlyFirst:
		if m > limit {
			return nil, nil, &LengthError{Sequence: 1, Length: m, Limit: limit}
		}
		n = min(n, limit-m)
	case OnlySecond:
		if n > limit {
			return nil, nil, &LengthError{Sequence: 0, Length: n, Limit: limit}
		}
		m = min(m, limit-n)
	default:
		if n > limit-m {
			// The shorter stays whole while it has no more than its half.
			if half := limit / 2; n > m {
				m = min(m, half)
				n = limit - m
			} else {
				n = min(n, half)
				m = limit - n
			}
		}
	}
	return Truncate(a, n, side), Truncate(b, m, side), nil
}

// Split cuts seq into views of width tokens each, the last of which may be shorter.
// Each begins with the last `overlap` tokens of the one before it; overlap is less
// than width. No token is lost and no view lies within another. An empty sequence
// gives none.
func Split(seq []int32, width, overlap int) [][]int32 {
	if width < 1 || overlap < 0 || overlap >= width {
		panic("sequence: Split width below 1, or overlap not below it")
	}
	var parts [][]int32
	for from := 0; from < len(seq); from += width - overlap {
		to := from + min(width, len(seq)-from)
		parts = append(parts, seq[from:to:to])
		if to == len(seq) {
			break
		}
	}
	return parts
}
