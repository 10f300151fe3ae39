package sequence

import "math"

// AttentionMask sets dst to true where there is a token and to false where there
// is padding. Both slices are those of a row (T) or of a whole batch (B, T).
func AttentionMask(dst []bool, segments []int32) {
	if len(dst) != len(segments) {
		panic("sequence: AttentionMask length")
	}
	for i, s := range segments {
		dst[i] = s != 0
	}
}

// Causal sets dst (T, T) to the additive mask of a decoder: 0 where query and key
// (row and column) are of the same sequence and the key is not after the query, and
// where padding meets itself; -Inf elsewhere. segments (T) are those of one row.
func Causal(dst []float32, segments []int32) {
	blocks(dst, segments, "sequence: Causal length", func(q, _ int) int { return q + 1 })
}

// Bidirectional is [Causal] for an encoder: tokens see all of their sequence.
func Bidirectional(dst []float32, segments []int32) {
	blocks(dst, segments, "sequence: Bidirectional length", func(_, end int) int { return end })
}

// blocks opens, for each query of each sequence, the keys from the sequence's first
// to before seen(query, end of the sequence).
func blocks(dst []float32, segments []int32, length string, seen func(query, end int) int) {
	t := len(segments)
	if t == 0 && len(dst) != 0 || t > 0 && (len(dst)%t != 0 || len(dst)/t != t) {
		panic(length)
	}
	hidden := float32(math.Inf(-1))
	for i := range dst {
		dst[i] = hidden
	}
	for s := range Spans(segments) {
		for q := s.Start; q < s.End; q++ {
			clear(dst[q*t+s.Start : q*t+seen(q, s.End)])
		}
	}
	for i, s := range segments {
		if s == 0 {
			dst[i*t+i] = 0
		}
	}
}
