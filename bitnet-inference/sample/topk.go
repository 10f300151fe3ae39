package sample

// topK fills dst[:k] with the k first candidates, k = min(len(dst),
// len(logits)), sorted by before, and returns them. NaN counts as -Inf.
//
// dst is a heap with the last of the best at its root. A token gets past the
// first comparison only if it is better than that, which of V tokens in random
// order about k·ln(V/k) are.
func topK(dst []Candidate, logits []float32) []Candidate {
	k := min(len(dst), len(logits))
	if k == 0 {
		return dst[:0]
	}
	h := dst[:k]
	for i := range h {
		h[i] = Candidate{number(logits[i]), int32(i)}
	}
	for i := k/2 - 1; i >= 0; i-- {
		sink(h, i)
	}
	// Ids rise, so a later token that equals the root comes after it: only a
	// larger logit enters. NaN compares false.
	last := h[0].Logit
	for i, l := range logits[k:] {
		if l > last {
			h[0] = Candidate{l, int32(k + i)}
			sink(h, 0)
			last = h[0].Logit
		}
	}
	// Heapsort: the root is the last, and goes to the end.
	for n := k - 1; n > 0; n-- {
		h[0], h[n] = h[n], h[0]
		sink(h[:n], 0)
	}
	return h
}

// sink moves h[i] down until no child comes after it.
func sink(h []Candidate, i int) {
	for {
		c := 2*i + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && h[c].before(h[c+1]) {
			c++
		}
		if !h[i].before(h[c]) {
			return
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
}

// number returns l, or -Inf for NaN.
func number(l float32) float32 {
	if l != l {
		return negInf
	}
	return l
}
