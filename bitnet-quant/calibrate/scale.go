package calibrate

import (
	"errors"
	"math"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-quant/absmean"
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
	bins  []scaleBin // 1<<(31-scaleShift) of them, nil as long as there are no weights
	total float64    // Σ m·w²
}

// A Scale is what a search found.
type Scale struct {
	Scale  float32 // for absmean.Round, none found below absmean.Eps: it has the floor of mean magnitudes
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
		s.bins = make([]scaleBin, 1<<(31-scaleShift))
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

// Merge takes in all weights that o has seen, and leaves o as it is. Parts of a matrix that
// are merged in one order make the same search to the bit.
func (s *ScaleSearch) Merge(o *ScaleSearch) {
	if o.bins == nil {
		return
	}
	if s.bins == nil {
		s.bins = make([]scaleBin, len(o.bins))
	}
	for i, bin := range o.bins {
		s.bins[i].a += bin.a
		s.bins[i].b += bin.b
	}
	s.total += o.total
}

// Best returns the scale with the least error, or the one that is there, which must be
// above 0, where none is better. It does not change s.
func (s *ScaleSearch) Best(there float32) Scale { return best(s.bins, s.total, there) }

// A RowSearch is a [ScaleSearch] of few weights at a time, such as a row of a matrix or a
// block of one: each weight is a bin, so that its work and memory are those of sorting the
// weights, and what it finds is the best there is but for rounding.
//
// The zero value is ready for use. It keeps its memory from one search to the next.
type RowSearch struct {
	keys []uint64 // magnitude and column of each weight, rising
	bins []scaleBin
}

// Best is [ScaleSearch.Best] of the weights w (N) with an importance (N) each. It panics if the
// lengths differ.
func (s *RowSearch) Best(w []float32, importance []float64, there float32) (Scale, error) {
	if len(w) != len(importance) {
		panic("calibrate: RowSearch.Best shape")
	}
	s.keys, s.bins = s.keys[:0], s.bins[:0]
	for c, v := range w {
		s.keys = append(s.keys, uint64(math.Float32bits(abs(v)))<<32|uint64(c))
	}
	slices.Sort(s.keys)
	var total float64
	for _, key := range s.keys {
		x, m := float64(math.Float32frombits(uint32(key>>32))), importance[uint32(key)]
		s.bins = append(s.bins, scaleBin{m * x, m})
		total += m * x * x
	}
	if total-total != 0 {
		return Scale{}, errNotFinite
	}
	return best(s.bins, total, there), nil
}

// A scaleBin is weights of about one magnitude.
type scaleBin struct{ a, b float64 } // Σ m·|w|, Σ m

// best finds the scale of weights in bins of rising magnitude, whose Σ m·w² is total.
func best(bins []scaleBin, total float64, there float32) Scale {
	relative := func(e float64) float64 {
		if total == 0 {
			return 0
		}
		return math.Sqrt(e / total)
	}
	before := scaleError(bins, total, there)
	found := Scale{Scale: there, Before: relative(before), After: relative(before)}
	var a, b, most, scale float64
	for _, bin := range slices.Backward(bins) {
		a, b = a+bin.a, b+bin.b
		if b > 0 && a*a/b > most {
			most, scale = a*a/b, a/b
		}
	}
	least := float32(scale)
	if least < absmean.Eps || math.IsInf(scale, 0) {
		return found
	}
	if after := scaleError(bins, total, least); after < before {
		found.Scale, found.After, found.Gain = least, relative(after), 1-after/before
	}
	return found
}

// scaleError returns E of a scale. The weights of a bin are rounded alike.
func scaleError(bins []scaleBin, total float64, scale float32) float64 {
	x, sum := float64(scale), total
	for _, bin := range bins {
		if bin.a > bin.b*x/2 {
			sum += x*x*bin.b - 2*x*bin.a
		}
	}
	if sum < total*exact {
		return 0
	}
	return sum
}

// exact is what rounding of float64 sums may leave of an error of nothing, relatively.
const exact = 1e-12
