package screen

import (
	"cmp"
	"slices"
)

// A Candidate is a token with its exact logit.
type Candidate struct {
	Logit float32
	ID    int32
}

// compare orders candidates by falling logit, equal logits by rising id.
func compare(a, b Candidate) int {
	return cmp.Or(cmp.Compare(b.Logit, a.Logit), cmp.Compare(a.ID, b.ID))
}

// Top appends to dst the k largest logits, all of them if there are fewer, in
// falling order; of equal logits those with lower ids come first. It reports false,
// and appends nothing, if more than Limit rows would have to be computed.
//
// The k rows whose intervals lie highest are computed first. The k-th logit is at
// least the smallest of theirs, so that every row whose high end is below it is out.
// If many are left, the fine codes narrow their intervals, and the same is done with
// them. What is left then is computed too.
func (s *Search) Top(dst []Candidate, k int) ([]Candidate, bool) {
	s.check()
	k = min(k, s.head.Rows())
	if k <= 0 {
		return dst, true
	}
	if k > s.Limit {
		return dst, false
	}
	floor := s.lead(k)
	if !s.reach(floor) {
		return dst, false
	}
	if s.unknown(s.ids) > refineFrom {
		s.refine(s.ids)
		s.keep(floor)
		floor = max(floor, s.leadAgain(k))
		s.keep(floor)
	}
	if len(s.ids) > s.Limit {
		return dst, false
	}
	s.compute(s.ids)
	from := len(dst)
	dst = s.take(dst, floor)
	return dst[:from+k], true
}

// Above appends to dst every logit that is at most margin below the largest one, in
// the order of Top. It reports false, and appends nothing, if more than Limit rows
// would have to be computed.
//
// Probabilities of at least p times the largest, at temperature 1, are those with
// margin -log(p).
func (s *Search) Above(dst []Candidate, margin float64) ([]Candidate, bool) {
	if !(margin >= 0) {
		panic("screen: Above margin")
	}
	from := len(dst)
	top, ok := s.Top(dst, 1)
	if !ok || len(top) == from {
		return dst, ok
	}
	floor := float64(top[from].Logit) - margin
	if !s.reach(floor) {
		return dst, false
	}
	if s.unknown(s.ids) > refineFrom {
		s.refine(s.ids)
		s.keep(floor)
	}
	if len(s.ids) > s.Limit {
		return dst, false
	}
	s.compute(s.ids)
	return s.take(dst, floor), true
}

// Logits sets dst[i] to the exact logit of ids[i], which are distinct. It answers
// however many there are, and the rows count as computed for later questions.
func (s *Search) Logits(dst []float32, ids []int32) {
	s.check()
	if len(dst) != len(ids) {
		panic("screen: Logits length")
	}
	s.compute(ids)
	for i, id := range ids {
		dst[i] = s.high[id]
	}
}

// reach sets ids to the rows whose intervals reach floor, rising, and reports
// whether they are few enough to look at again.
func (s *Search) reach(floor float64) bool {
	most := max(s.head.Rows()/refineShare, s.Limit)
	s.ids = s.ids[:0]
	for t, high := range s.tileHigh {
		if float64(high) < floor {
			continue
		}
		first := t * tileRows
		for i, high := range s.high[first:min(first+tileRows, len(s.high))] {
			if float64(high) < floor {
				continue
			}
			if len(s.ids) == most {
				return false
			}
			s.ids = append(s.ids, int32(first+i))
		}
	}
	return true
}

// take appends the rows of ids whose logits are at least floor, in order.
func (s *Search) take(dst []Candidate, floor float64) []Candidate {
	from := len(dst)
	for _, id := range s.ids {
		if l := s.high[id]; float64(l) >= floor {
			dst = append(dst, Candidate{l, id})
		}
	}
	slices.SortFunc(dst[from:], compare)
	return dst
}
