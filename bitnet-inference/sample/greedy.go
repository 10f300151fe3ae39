package sample

import "math"

var negInf = float32(math.Inf(-1))

// Greedy returns the first index of the largest logit. NaN counts as -Inf; if
// nothing is above -Inf the answer is 0. logits (V) must not be empty.
func Greedy(logits []float32) int32 {
	if len(logits) == 0 {
		panic("sample: Greedy no logits")
	}
	best, id := negInf, 0
	for i := range logits {
		if logits[i] > best { // false for NaN
			best, id = record(logits, i)
		}
	}
	return int32(id)
}

// record is kept out of line: a new maximum is rare, and a branch that is
// seldom taken costs less than the conditional moves the compiler would use.
//
//go:noinline
func record(logits []float32, i int) (float32, int) {
	return logits[i], i
}
