// Package agree tells whether two engines compute the same model, from the logits
// that each gives for the same token ids.
//
// Engines round differently, so logits are not equal. llama.cpp gives each 256
// activations an int8 scale of their own where this project gives each token one,
// as the models were trained, and the codes of 30 layers drift apart. What has to
// be told apart is that from a different computation. On random weights in the
// shape of BitNet b1.58 2B-4T (nothing of it is trained, so errors are not
// damped) the correlation of the logits was
//
//	0.995 to 0.997  the same file, ids and activation function
//	0.70 to 0.76    SiLU in one engine and squared ReLU in the other
//	0.66, 0.51      the same engine with another last, another second id
//	0.3 to 0.4      other ids altogether
//
// [Correlation] = 0.98 lies far from all of them. It is computed over the whole
// vocabulary and says little of the few logits at its top, so the likeliest token
// of each engine also has to be among the other's [Top] likeliest. It need not be the
// other's likeliest: the two best of 128256 random logits often differ by less than
// the rounding.
package agree

import "math"

// What engines that compute the same model reach.
const (
	Correlation = 0.98
	Top         = 10
)

// An Agreement is how two engines' logits of one position compare.
type Agreement struct {
	Correlation float64  `json:"correlation"` // Pearson's, over the vocabulary
	Best        [2]int32 `json:"best"`        // each engine's likeliest token
	Rank        [2]int   `json:"rank"`        // of each engine's likeliest token in the other, from 1
}

// Of compares the logits a and b (V). It panics if there are none or one engine
// has more of them. Logits that are not finite agree with nothing.
func Of(a, b []float32) Agreement {
	if len(a) != len(b) || len(a) == 0 {
		panic("agree: Of logits of different vocabularies, or none")
	}
	g := Agreement{Correlation: correlation(a, b), Best: [2]int32{best(a), best(b)}}
	g.Rank = [2]int{rank(b, g.Best[0]), rank(a, g.Best[1])}
	return g
}

// Same reports whether the engines compute the same model.
func (g Agreement) Same() bool {
	return g.Correlation >= Correlation && max(g.Rank[0], g.Rank[1]) <= Top
}

func correlation(a, b []float32) float64 {
	var meanA, meanB float64
	for i := range a {
		meanA += float64(a[i])
		meanB += float64(b[i])
	}
	meanA /= float64(len(a))
	meanB /= float64(len(b))
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i])-meanA, float64(b[i])-meanB
		ab += x * y
		aa += x * x
		bb += y * y
	}
	r := ab / math.Sqrt(aa*bb)
	if math.IsNaN(r) { // constant or not finite: no correlation is defined
		return 0
	}
	return r
}

// best returns the first of the largest logits.
func best(x []float32) int32 {
	at := 0
	for i, v := range x {
		if v > x[at] {
			at = i
		}
	}
	return int32(at)
}

// rank counts the logits above that of id.
func rank(x []float32, id int32) int {
	n := 1
	for _, v := range x {
		if v > x[id] {
			n++
		}
	}
	return n
}
