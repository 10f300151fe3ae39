package calibrate

import (
	"errors"
	"math"
)

// scaleShift leaves eight bits of a magnitude's mantissa: bins are at most 1/256 of it
// wide, and each bfloat16 value has one of its own.
const scaleShift = 15

// A ScaleSearch looks for the scale of a ternary matrix that leaves the least error
//
//	E(s) = Σ m_c·(w_rc - s·t_rc)²
//
// over all s ≥ 0 and all ternary t. For any s the best t is w/s rounded, ±1 where
// |w| > s/2, so the threshold needs no search of its own. For t that are ±1 where |w| is
// above some bound, the best s is A/B and leaves Σ m·w² - A²/B, with A = Σ m·|w| and
// B = Σ m over these. The best of all is therefore at the bound with the largest A²/B,
// which one pass over the weights in falling order finds. Here bins of nearly equal
// magnitudes are gone through instead, so that weights come in any order, once, and memory
// does not grow with the matrix.
//
// The zero value is ready for use.
type ScaleSearch struct {
	bins  *[1 << (31 - scaleShift)]scaleBin
	total float64 // Σ m·w²
}

type scaleBin struct{ a, b float64 } // Σ m·|w|, Σ m

// A Scale is what a search found.
type Scale struct {
	Scale  float32 // for absmean.Round
	Before float64 // √(E/Σ m·w²) with the scale that was there, between 0 and 1 unless that was too large
	After  float64 // the same with Scale
	Gain   float64 // 1 - E(Scale)/E(scale before); 0 when there is none
}

var errNotFinite = errors.New("calibrate: a weight or the importance of a column is not a finite number")

// Add takes in rows of weights (N, W) with the importance (W) of their columns, each ≥ 0.
// It panics if the weights are no whole rows.
func (s *ScaleSearch) Add(w []float32, importance []float64) error {
	if len(importance) == 0 || len(w)%len(importance) != 0 {
		panic("calibrate: ScaleSearch.Add shape")
	}
	if s.bins == nil {
		s.bins = new([1 << (31 - scaleShift)]scaleBin)
	}
	for ; len(w) > 0; w = w[len(importance):] {
		for c, m := range importance {
			a := abs(w[c])
			x := float64(a)
			bin := &s.bins[math.Float32bits(a)>>scaleShift]
			bin.a += m * x
			bin.b += m
			s.total += m * x * x
		}
	}
	if s.total-s.total != 0 {
		return errNotFinite
	}
	return nil
}

// Best returns the scale with the least error, or the one that is there, which must be
// above 0, where none is better. It does not change s.
func (s *ScaleSearch) Best(there float32) Scale {
	before := s.error(there)
	found := Scale{Scale: there, Before: s.relative(before), After: s.relative(before)}
	if s.bins == nil {
		return found
	}
	var a, b, most, scale float64
	for i := len(s.bins) - 1; i >= 0; i-- {
		a, b = a+s.bins[i].a, b+s.bins[i].b
		if b > 0 && a*a/b > most {
			most, scale = a*a/b, a/b
		}
	}
	best := float32(scale)
	if best == 0 || math.IsInf(scale, 0) {
		return found
	}
	if after := s.error(best); after < before {
		found.Scale, found.After, found.Gain = best, s.relative(after), 1-after/before
	}
	return found
}

// error returns E of a scale. The weights of a bin are rounded alike.
func (s *ScaleSearch) error(scale float32) float64 {
	if s.bins == nil {
		return 0
	}
	x, sum := float64(scale), s.total
	for _, bin := range s.bins {
		if bin.a > bin.b*x/2 {
			sum += x*x*bin.b - 2*x*bin.a
		}
	}
	if sum < s.total*exact {
		return 0
	}
	return sum
}

// exact is what rounding of float64 sums may leave of an error of nothing, relatively.
const exact = 1e-12

func (s *ScaleSearch) relative(e float64) float64 {
	if s.total == 0 {
		return 0
	}
	return math.Sqrt(e / s.total)
}
