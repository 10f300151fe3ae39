package sequence

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// Counts says how often each token id occurs. Make one with make(Counts) and add
// sequences, so many as there are; it grows with the ids that differ.
type Counts map[int32]int

// A TokenCount is a token id and how often it occurs.
type TokenCount struct {
	ID    int32
	Count int
}

// Add counts the tokens of a sequence.
func (c Counts) Add(seq []int32) {
	for _, id := range seq {
		c[id]++
	}
}

// Total returns the number of tokens counted.
func (c Counts) Total() int {
	n := 0
	for _, k := range c {
		n += k
	}
	return n
}

// Entropy returns the Shannon entropy of the distribution of ids, in bits a token:
// 0 if all are the same, log2 n for n equally frequent ones.
func (c Counts) Entropy() float64 {
	total := float64(c.Total())
	h := 0.0
	for _, k := range slices.Sorted(maps.Values(c)) { // sorted: sums of floats depend on the order
		if k > 0 {
			p := float64(k) / total
			h -= float64(p * math.Log2(p))
		}
	}
	return h
}

// Top returns the n most frequent ids, or all if there are fewer: by falling count,
// those of equal count by rising id.
func (c Counts) Top(n int) []TokenCount {
	if n < 0 {
		panic("sequence: Counts.Top n")
	}
	all := make([]TokenCount, 0, len(c))
	for id, k := range c {
		all = append(all, TokenCount{id, k})
	}
	slices.SortFunc(all, func(a, b TokenCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.ID, b.ID))
	})
	return slices.Clip(all[:min(n, len(all))])
}
