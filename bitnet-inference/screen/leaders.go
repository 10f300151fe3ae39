package screen

import "math"

// A leader is a row and the sum of the ends of its interval, twice the middle.
type leader struct {
	sum float32
	id  int32
}

// leaders are the k rows with the highest middles of those offered: once there are k,
// a heap with the lowest first.
type leaders struct {
	heap []leader
	k    int
}

// closed reports whether nothing with that sum or less would get in.
func (l *leaders) closed(sum float32) bool { return len(l.heap) == l.k && sum <= l.heap[0].sum }

func (l *leaders) offer(id int32, sum float32) {
	switch {
	case len(l.heap) < l.k:
		l.heap = append(l.heap, leader{sum, id})
		if len(l.heap) == l.k {
			for j := l.k/2 - 1; j >= 0; j-- {
				sink(l.heap, j)
			}
		}
	case sum > l.heap[0].sum:
		l.heap[0] = leader{sum, id}
		sink(l.heap, 0)
	}
}

// sink moves h[i] down until no child has a lower sum: the lowest is at the root.
func sink(h []leader, i int) {
	for {
		c := 2*i + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && h[c+1].sum < h[c].sum {
			c++
		}
		if h[i].sum <= h[c].sum {
			return
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
}

// lead computes k rows with high intervals and returns the smallest of their logits.
// They are the k highest after a Scan, and others as good later, when intervals that have
// been narrowed have left their tiles' limits. Answers do not depend on which they are.
func (s *Search) lead(k int) float64 {
	l := leaders{s.best[:0], k}
	for t, most := range s.tileSum {
		if l.closed(most) {
			continue
		}
		first := t * tileRows
		for i, low := range s.low[first:min(first+tileRows, len(s.low))] {
			l.offer(int32(first+i), low+s.high[first+i])
		}
	}
	return s.follow(l)
}

// leadAgain is lead for k of the rows in ids.
func (s *Search) leadAgain(k int) float64 {
	l := leaders{s.best[:0], k}
	for _, id := range s.ids {
		l.offer(id, s.low[id]+s.high[id])
	}
	return s.follow(l)
}

// follow computes the leaders and returns the smallest of their logits.
func (s *Search) follow(l leaders) float64 {
	s.best, s.work = l.heap, s.work[:0]
	for _, c := range l.heap {
		s.work = append(s.work, c.id)
	}
	s.compute(s.work)
	least := math.Inf(1)
	for _, c := range l.heap {
		least = min(least, float64(s.high[c.id]))
	}
	return least
}
