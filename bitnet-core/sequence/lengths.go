package sequence

import (
	"math"
	"slices"
)

// LengthStats describe the lengths of sequences, in tokens.
type LengthStats struct {
	Count     int // sequences
	Tokens    int // of all of them
	Min, Max  int
	Mean      float64
	Deviation float64 // standard deviation of all lengths (divided by Count)
	Median    float64
	P90       float64 // 90 % of the sequences are no longer
	P95, P99  float64
}

// Summarize returns the statistics of lengths. Those of none are zero.
func Summarize(lengths []int) LengthStats {
	if len(lengths) == 0 {
		return LengthStats{}
	}
	sorted := slices.Sorted(slices.Values(lengths))
	s := LengthStats{
		Count: len(sorted), Min: sorted[0], Max: sorted[len(sorted)-1],
		Median: percentile(sorted, 50), P90: percentile(sorted, 90), P95: percentile(sorted, 95), P99: percentile(sorted, 99),
	}
	for _, n := range sorted {
		s.Tokens += n
	}
	s.Mean = float64(s.Tokens) / float64(s.Count)
	for _, n := range sorted {
		d := float64(n) - s.Mean
		s.Deviation += float64(d * d)
	}
	s.Deviation = math.Sqrt(s.Deviation / float64(s.Count))
	return s
}

// Percentile returns the p-th percentile of lengths, 0 <= p <= 100, interpolated
// between neighbours as NumPy does by default; that of none is 0.
func Percentile(lengths []int, p float64) float64 {
	if !(p >= 0 && p <= 100) {
		panic("sequence: Percentile p")
	}
	if len(lengths) == 0 {
		return 0
	}
	return percentile(slices.Sorted(slices.Values(lengths)), p)
}

func percentile(sorted []int, p float64) float64 {
	// The conversions keep compilers from fusing a product with what follows it.
	at, part := math.Modf(float64(p / 100 * float64(len(sorted)-1)))
	i := int(at)
	low, high := float64(sorted[i]), float64(sorted[min(i+1, len(sorted)-1)])
	return low + float64(part*(high-low))
}

// Waste says how much of a batch, or of many, is padding.
type Waste struct {
	Tokens int // that are no padding
	Cells  int // tokens and padding
}

// Share returns the part of the cells that is padding, 0 to 1.
func (w Waste) Share() float64 {
	if w.Cells == 0 {
		return 0
	}
	return float64(w.Cells-w.Tokens) / float64(w.Cells)
}

// Add returns the waste of both.
func (w Waste) Add(v Waste) Waste { return Waste{w.Tokens + v.Tokens, w.Cells + v.Cells} }

// PadWaste returns what [Pad] wastes on batches of sequences of these lengths if
// it pads each to its longest, rounded up to a multiple (0: 1), without padding any.
func PadWaste(lengths []int, batches [][]int, multiple int) Waste {
	if multiple < 0 {
		panic("sequence: PadWaste multiple")
	}
	var w Waste
	for _, numbers := range batches {
		longest := 0
		for _, n := range numbers {
			w.Tokens += lengths[n]
			longest = max(longest, lengths[n])
		}
		w.Cells += len(numbers) * roundUp(longest, max(multiple, 1))
	}
	return w
}
