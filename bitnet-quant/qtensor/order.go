package qtensor

import (
	"cmp"
	"math"
	"slices"
)

// OrderEvidence tells whether the I2_S data of a trained model is in the order of [I2S] or
// in that of [I2SARM], which nothing in the file says. The zero value is ready for use.
//
// The two orders differ by which columns of 128 a weight belongs to, so what a column is like
// tells them apart: training leaves more weights other than 0 in columns whose inputs a
// norm scales up, and the weights of norms are in the file in their own order. Add ranks
// the columns of a tensor by their share of weights that are not 0, in both orders, and
// compares with the ranks of the norm's weights. With r the correlation of ranks, a column's
// rank explained by a line leaves the variance 1-r², and the logarithm of the ratio of
// likelihoods of the two orders is
//
//	cols/2 · ln((1 - r²(I2S)) / (1 - r²(I2SARM)))
//
// which is positive for I2SARM. Weights without such a relation, random ones for example, give
// sums with a deviation of about 1 for each tensor, and no answer.
type OrderEvidence struct {
	Tensors  int     // that were added
	LogRatio float64 // summed over them: positive speaks for I2SARM
}

// surely is how many deviations of a sum over unrelated weights an answer takes.
const surely = 6

// Add takes in a tensor of either layout and the weights of the norm that its input passes
// through, one for each column. It is false, and the tensor left out, if rows are no
// multiple of 128 columns, which would mix the columns of several rows, or if there is
// nothing to rank. It panics if t has another layout or gain another length.
func (e *OrderEvidence) Add(t *Tensor, gain []float32) bool {
	if t.Layout.i2s() == 0 || len(gain) != t.Cols {
		panic("qtensor: OrderEvidence.Add shape")
	}
	if t.Cols%i2sGroup != 0 {
		return false
	}
	as, other := t.nonzero(), make([]float64, t.Cols)
	for c := range as {
		to := c&^127 | c%64/16*32 | c%128/64*16 | c%16 // where I2S has column c of I2SARM
		if t.Layout == I2S {
			other[c] = as[to]
		} else {
			other[to] = as[c]
		}
	}
	reference := make([]float64, len(gain))
	for c, g := range gain {
		reference[c] = math.Abs(float64(g))
	}
	reference = ranks(reference)
	left := 1 - squaredCorrelation(ranks(as), reference)
	leftOther := 1 - squaredCorrelation(ranks(other), reference)
	ratio := float64(t.Cols) / 2 * math.Log(max(left, 1e-9)/max(leftOther, 1e-9))
	if ratio != ratio { // one of the two has a single value
		return false
	}
	if t.Layout == I2SARM {
		ratio = -ratio
	}
	e.Tensors++
	e.LogRatio += ratio
	return true
}

// Merge adds what another has collected.
func (e *OrderEvidence) Merge(o OrderEvidence) {
	e.Tensors += o.Tensors
	e.LogRatio += o.LogRatio
}

// Deviations returns LogRatio in units of what sums over unrelated weights deviate by.
func (e *OrderEvidence) Deviations() float64 {
	return e.LogRatio / math.Sqrt(float64(max(e.Tensors, 1)))
}

// Layout returns I2S or I2SARM, whichever the tensors speak for, or false if they do not
// say so clearly.
func (e *OrderEvidence) Layout() (Layout, bool) {
	switch d := e.Deviations(); {
	case d > surely:
		return I2SARM, true
	case d < -surely:
		return I2S, true
	}
	return I2S, false
}

// nonzero counts the weights of each column that are not 0.
func (t *Tensor) nonzero() []float64 {
	const low = lowCodes / 3
	n := make([]float64, t.Cols)
	row, some := make([]byte, t.Cols), make([]byte, t.Cols) // of at most 255 rows
	for r := range t.Rows {
		t.decode(row, r)
		for c := 0; c < t.Cols; c += 8 { // codes that are not 0 are even
			store(some[c:], load(some[c:])+^load(row[c:])&low)
		}
		if r%255 == 254 || r == t.Rows-1 {
			for c, v := range some {
				n[c] += float64(v)
			}
			clear(some)
		}
	}
	return n
}

// ranks returns the rank of each value, the mean one for equal values.
func ranks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	r := make([]float64, len(x))
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		for _, at := range order[i:j] {
			r[at] = float64(i+j-1) / 2
		}
		i = j
	}
	return r
}

// squaredCorrelation is NaN if x or y has one value only.
func squaredCorrelation(x, y []float64) float64 {
	mean := float64(len(x)-1) / 2 // of ranks
	var xx, yy, xy float64
	for i := range x {
		a, b := x[i]-mean, y[i]-mean
		xx, yy, xy = xx+a*a, yy+b*b, xy+a*b
	}
	return xy * xy / (xx * yy)
}
