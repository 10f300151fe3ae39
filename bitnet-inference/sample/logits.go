package sample

import (
	"math"
	"slices"
)

// Logits answer what a sampler asks about the logits (V) of one position. Few
// questions need all of them, so they need not all have been computed. [Dense]
// are logits that were, and say what the answers are: others give the same, to
// the bit. NaN counts as -Inf.
type Logits interface {
	// All returns every logit, which the sampler does not change.
	All() []float32
	// At sets dst[i] to the logit of ids[i], which are distinct.
	At(dst []float32, ids []int32)
	// Top appends the k largest to dst, all if there are fewer, by falling
	// logit, equal ones by rising id.
	Top(dst []Candidate, k int) []Candidate
	// Above appends those above -Inf that are at most margin below the largest,
	// by rising id. Every one of them must be there; a few others may.
	Above(dst []Candidate, margin float64) []Candidate
	// Perturbed returns the token with the largest sum, in float64, of
	// logit·scale and noise; 0 if no logit is above -Inf.
	Perturbed(scale float64, noise *Noise) int32
}

// A Candidate is a token that may still be drawn.
type Candidate struct {
	Logit float32
	ID    int32
}

// compare orders candidates by falling logit, equal logits by rising id. No logit
// is NaN.
func compare(c, d Candidate) int {
	switch {
	case c.Logit != d.Logit && c.Logit > d.Logit:
		return -1
	case c.Logit != d.Logit:
		return 1
	}
	return int(c.ID) - int(d.ID)
}

// before reports whether c comes before d.
func (c Candidate) before(d Candidate) bool { return compare(c, d) < 0 }

// Dense are the logits (V) of a position, all computed.
type Dense []float32

// All implements [Logits].
func (l *Dense) All() []float32 { return *l }

// At implements [Logits].
func (l *Dense) At(dst []float32, ids []int32) {
	for i, id := range ids {
		dst[i] = (*l)[id]
	}
}

// Top implements [Logits].
func (l *Dense) Top(dst []Candidate, k int) []Candidate {
	k = min(k, len(*l))
	if k == 1 {
		id := Greedy(*l)
		return append(dst, Candidate{number((*l)[id]), id})
	}
	from := len(dst)
	dst = slices.Grow(dst, k)[:from+k]
	topK(dst[from:], *l)
	return dst
}

// Above implements [Logits].
func (l *Dense) Above(dst []Candidate, margin float64) []Candidate {
	most := number((*l)[Greedy(*l)])
	floor := negInf
	if !math.IsInf(float64(most), 0) {
		// float32 may round up: one step below holds what the margin holds.
		floor = math.Nextafter32(float32(float64(most)-margin), negInf)
	}
	for i, v := range *l {
		if v >= floor && v > negInf { // false for NaN
			dst = append(dst, Candidate{v, int32(i)})
		}
	}
	return dst
}

// Perturbed implements [Logits].
func (l *Dense) Perturbed(scale float64, noise *Noise) int32 {
	best, most, with := int32(0), math.Inf(-1), 0.0
	for i, v := range *l {
		top := float64(float64(v) * scale) // rounded before the sum, as the screen does
		// What rounding may do to a sum is far below the last term.
		g, ok := noise.At(int32(i), most-top-(math.Abs(most)+math.Abs(top))/(1<<40))
		if !ok {
			continue
		}
		// Several logits at +Inf are told apart by their noise.
		if sum := top + g; sum > most || sum == most && math.IsInf(most, 1) && g > with {
			best, most, with = int32(i), sum, g
		}
	}
	return best
}
