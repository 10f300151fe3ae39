package screen

import (
	"cmp"
	"math"
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
// The k rows with the highest low ends are computed first. The k-th logit is at
// least the smallest of theirs, so that every row whose high end is below it is out.
// If many are left, finer codes narrow their intervals, and the same is done once more.
// What is left then is computed too.
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

// A leaders holds the k candidates with the highest numbers of those offered, the lowest
// first and the others below it as a heap.
type leaders struct {
	heap []Candidate
	k    int
}

// least returns what a number has to exceed to be among the leaders.
func (l *leaders) least() float32 {
	if len(l.heap) < l.k {
		return float32(math.Inf(-1))
	}
	return l.heap[0].Logit
}

func (l *leaders) offer(id int32, logit float32) {
	switch {
	case len(l.heap) < l.k:
		l.heap = append(l.heap, Candidate{logit, id})
		if len(l.heap) == l.k {
			for j := l.k/2 - 1; j >= 0; j-- {
				sink(l.heap, j)
			}
		}
	case logit > l.heap[0].Logit:
		l.heap[0] = Candidate{logit, id}
		sink(l.heap, 0)
	}
}

// lead computes k rows with high low ends and returns the smallest of their logits: the
// k highest after a Scan, some choice as good later, when rows that were computed or refined have left
// their tiles' limits.
func (s *Search) lead(k int) float64 {
	l := leaders{s.best[:0], k}
	for t, most := range s.tileLow {
		if most <= l.least() && len(l.heap) == k {
			continue
		}
		first := t * tileRows
		for i, low := range s.low[first:min(first+tileRows, len(s.low))] {
			l.offer(int32(first+i), low)
		}
	}
	return s.follow(l)
}

// leadAgain is lead for k of the rows in ids.
func (s *Search) leadAgain(k int) float64 {
	l := leaders{s.best[:0], k}
	for _, id := range s.ids {
		l.offer(id, s.low[id])
	}
	return s.follow(l)
}

// follow computes the leaders and returns the smallest of their logits.
func (s *Search) follow(l leaders) float64 {
	s.best, s.work = l.heap, s.work[:0]
	for _, c := range l.heap {
		s.work = append(s.work, c.ID)
	}
	s.compute(s.work)
	least := math.Inf(1)
	for _, id := range s.work {
		least = min(least, float64(s.high[id]))
	}
	return least
}

// sink moves h[i] down until no child has a lower logit: the lowest is at the root.
func sink(h []Candidate, i int) {
	for {
		c := 2*i + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && h[c+1].Logit < h[c].Logit {
			c++
		}
		if h[i].Logit <= h[c].Logit {
			return
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
}
