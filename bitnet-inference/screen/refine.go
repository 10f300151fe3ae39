package screen

import "math"

const (
	// refineFrom is the number of rows from which reading their fine codes first is
	// cheaper than computing them.
	refineFrom = 8
	// refineShare is the part of all rows beyond which a question is refused: of so
	// many, too many would be left.
	refineShare = 3
)

// refine narrows the intervals of ids, which are distinct, to those of the 8-bit
// codes, where that has not been done and the logits are not known.
//
// A coarse code C and a fine code F make Q = 4·C + F - 128, so that
//
//	a·s·(Q·g) = a·s/2·(8·C·g - 253·Σg) + a·s/2·(2·F·g - 3·Σg)
//
// whose first term is the middle of the interval that Scan found. Its ends, float32
// numbers, give it back to within (|low| + |high|)·2^-24, and four times that is added
// to the half width here.
func (s *Search) refine(ids []int32) {
	h, work := s.head, s.work[:0]
	for _, id := range ids {
		if !s.narrow[id] && s.low[id] != s.high[id] {
			s.narrow[id] = true
			work = append(work, id)
		}
	}
	s.work = work
	s.refined += len(work)
	b := &s.limits
	row := h.blocks * fineBlock
	s.pool.Range(len(work), 8, func(lo, hi int) {
		for i, id := range work[lo:hi] {
			next := work[min(lo+i+1, hi-1)]
			sum := kernels.fine(&h.fine[int(id)*row], &h.fine[int(next)*row], &s.query.planes[0], h.blocks)
			low, high := float64(s.low[id]), float64(s.high[id])
			middle := (low+high)/2 + float64(h.scale[id])*b.unit*float64(2*sum-3*s.query.sum)
			half := b.ofResidual*float64(h.residual[id]) + b.ofNorm*float64(h.norm[id]) + b.always
			half += (math.Abs(middle) + half + math.Abs(low) + math.Abs(high)) * b.slack
			// Both intervals hold the logit. A single point is for logits that are known.
			l, u := max(s.low[id], float32(middle-half)), min(s.high[id], float32(middle+half))
			if l < u {
				s.low[id], s.high[id] = l, u
			}
		}
	})
}

// unknown returns how many of ids have logits that are not known.
func (s *Search) unknown(ids []int32) int {
	n := 0
	for _, id := range ids {
		if s.low[id] != s.high[id] {
			n++
		}
	}
	return n
}

// keep leaves the rows in ids whose intervals reach floor.
func (s *Search) keep(floor float64) {
	left := s.ids[:0]
	for _, id := range s.ids {
		if float64(s.high[id]) >= floor {
			left = append(left, id)
		}
	}
	s.ids = left
}
