// Package paired compares two series of measurements that were taken in turns.
//
// What a machine has to give changes from minute to minute, above all a virtual
// one whose neighbours come and go. Two figures of one round were measured seconds
// apart, so their ratio holds where neither of them does; the ratios of several
// rounds show how well it holds.
package paired

import (
	"math"
	"slices"
)

// A Spread is the middle of some numbers and how far they reach.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// Of returns the spread of x, NaNs for no numbers. The median of an even count is
// the mean of the two in the middle. x is not changed.
func Of(x []float64) Spread {
	if len(x) == 0 {
		return Spread{math.NaN(), math.NaN(), math.NaN()}
	}
	s := slices.Sorted(slices.Values(x))
	middle := len(s) / 2
	median := s[middle]
	if len(s)%2 == 0 {
		median = s[middle-1]/2 + s[middle]/2
	}
	return Spread{Median: median, Min: s[0], Max: s[len(s)-1]}
}

// Ratios returns a[i] / b[i] of every round. It panics if one series is longer.
func Ratios(a, b []float64) []float64 {
	if len(a) != len(b) {
		panic("paired: Ratios of series of different lengths")
	}
	r := make([]float64, len(a))
	for i := range a {
		r[i] = a[i] / b[i]
	}
	return r
}
