package screen

import "math"

// Noise gives every token of a vocabulary a number.
type Noise interface {
	// At returns the noise of a token. It may report false instead where the
	// noise is certainly below least, which is a cheaper answer.
	At(id int32, least float64) (noise float64, ok bool)
}

// A perturbed row may hold the largest sum of logit and noise.
type perturbed struct {
	id    int32
	noise float64
}

// sum is rounded twice everywhere, so that the same numbers give the same sum.
func (p perturbed) sum(logit float32, scale float64) float64 {
	return float64(float64(logit)*scale) + p.noise
}

// margin is what [Search.Perturbed] allows for roundings when it asks for noise:
// far more than they amount to, and too little to matter.
const margin = 1.0 / (1 << 40)

// Perturbed finds the token with the largest sum, in float64, of logit·scale and
// noise, the first of several. With noise of Gumbel's distribution it is a draw from
// the softmax of the logits at temperature 1/scale (the Gumbel-max trick). It reports
// false if more than Limit rows would have to be computed.
//
// A sum is monotonic in the logit, rounded or not, so both ends of a row's interval
// give the ends of another, and only rows whose upper end is not below the largest
// lower end matter. If many do, the row with the largest middle is computed to raise that
// end, then the fine codes narrow the others' intervals, and it is raised again.
func (s *Search) Perturbed(scale float64, noise Noise) (id int32, ok bool) {
	s.check()
	if !(scale > 0) {
		panic("screen: Perturbed scale")
	}
	near, most := s.near[:0], math.Inf(-1)
	for id, high := range s.high {
		top := float64(high) * scale
		n, ok := noise.At(int32(id), most-top-(math.Abs(most)+math.Abs(top))*margin)
		p := perturbed{int32(id), n}
		if !ok || p.sum(high, scale) < most {
			continue
		}
		near = append(near, p)
		most = max(most, p.sum(s.low[id], scale))
	}
	s.near = near
	s.stay(scale, most)
	if len(s.ids) > refineFrom {
		s.stay(scale, s.raise(scale))
	}
	if s.unknown(s.ids) > refineFrom {
		if len(s.ids) > max(s.head.Rows()/refineShare, s.Limit) {
			return 0, false
		}
		s.refine(s.ids)
		s.stay(scale, s.raise(scale))
	}
	if len(s.ids) > s.Limit {
		return 0, false
	}
	s.compute(s.ids)
	most = math.Inf(-1)
	for _, p := range s.near {
		if sum := p.sum(s.high[p.id], scale); sum > most {
			id, most = p.id, sum
		}
	}
	return id, true
}

// stay leaves the rows in near, and in ids, whose sums may reach most.
func (s *Search) stay(scale, most float64) {
	left := s.near[:0]
	s.ids = s.ids[:0]
	for _, p := range s.near {
		if p.sum(s.high[p.id], scale) >= most {
			left, s.ids = append(left, p), append(s.ids, p.id)
		}
	}
	s.near = left
}

// raise computes the row with the largest middle in near, and returns the
// largest lower end then.
func (s *Search) raise(scale float64) float64 {
	best, middle, most := s.near[0], math.Inf(-1), math.Inf(-1)
	for _, p := range s.near {
		low, high := p.sum(s.low[p.id], scale), p.sum(s.high[p.id], scale)
		most = max(most, low)
		if low+high > middle {
			best, middle = p, low+high
		}
	}
	s.work = append(s.work[:0], best.id)
	s.compute(s.work)
	return max(most, best.sum(s.high[best.id], scale))
}
