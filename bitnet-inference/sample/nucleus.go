package sample

import (
	"slices"
)

// Buckets of the histogram that finds a nucleus in a whole vocabulary: 1/8 of a
// nat wide, the last one for everything more than 32 nats below the best.
const (
	bucketsPerNat = 8
	buckets       = 32*bucketsPerNat + 1
)

// bucket is how many eighths of a nat a logit lies below the largest.
func bucket(logit, most float32) int {
	if logit == most {
		return 0
	}
	below := (float64(most) - float64(logit)) * bucketsPerNat
	if !(below < buckets-1) {
		return buckets - 1
	}
	return int(below)
}

// nucleusOfAll returns the nucleus of the whole vocabulary, sorted, in dst (V).
// A histogram of probability over logits says how far down the p-th part lies,
// so that only the tokens down to there are sorted.
func nucleusOfAll(dst []Candidate, logits []float32, p float64) []Candidate {
	most := number(logits[Greedy(logits)])
	var mass [buckets]float64
	whole := 0.0
	for _, l := range logits {
		if w := weight(l, most, 1); w > 0 { // false for NaN
			whole += w
			mass[bucket(l, most)] += w
		}
	}
	// One bucket more than needed: the sums below add in another order.
	last, sum := 0, 0.0
	for last < buckets-1 && sum < float64(p*whole) {
		sum += mass[last]
		last++
	}
	kept := dst[:0]
	for i, l := range logits {
		if l > negInf && bucket(l, most) <= last {
			kept = append(kept, Candidate{l, int32(i)})
		}
	}
	slices.SortFunc(kept, compare)
	return nucleus(kept, whole, p)
}

// nucleus returns the shortest beginning of sorted whose weights reach p of
// whole, or all of it if none does.
func nucleus(sorted []Candidate, whole, p float64) []Candidate {
	sum := 0.0
	for i, c := range sorted {
		sum += weight(c.Logit, sorted[0].Logit, 1)
		if sum >= float64(p*whole) {
			return sorted[:i+1]
		}
	}
	return sorted
}

// total is the sum of the weights of sorted candidates at temperature 1.
func total(sorted []Candidate) float64 {
	sum := 0.0
	for _, c := range sorted {
		sum += weight(c.Logit, sorted[0].Logit, 1)
	}
	return sum
}

// aboveMinP keeps, in place, the candidates above -Inf that are at least minP
// as probable as the best.
func aboveMinP(all []Candidate, minP float64) []Candidate {
	most := largest(all)
	kept := all[:0]
	for _, c := range all {
		if c.Logit > negInf && (minP == 0 || weight(c.Logit, most, 1) >= minP) {
			kept = append(kept, c)
		}
	}
	return kept
}

func largest(all []Candidate) float32 {
	most := negInf
	for _, c := range all {
		most = max(most, c.Logit)
	}
	return most
}
