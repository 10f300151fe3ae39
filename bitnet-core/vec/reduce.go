package vec

import (
	"math/bits"
)

// Block is how many values a sum adds up before it goes on pairwise.
const Block = 1024

// columns is how many sums a block has side by side.
const columns = 32

type sumOp uint8

const (
	sumPlain sumOp = iota
	sumSquares
	sumAbs
	sumDeviations
)

// A Pairwise adds equally many numbers to equally many: its error grows with the
// logarithm of their count. The zero value is a sum of nothing.
//
// Source: Higham, "The accuracy of floating point summation", SIAM J. Sci. Comput.
// 14 (1993).
type Pairwise struct {
	count uint64
	sums  [64]float64 // of 2ⁱ numbers each, if bit i of count is 1
}

// Add adds one number.
func (p *Pairwise) Add(v float64) {
	i := bits.TrailingZeros64(^p.count)
	for _, s := range p.sums[:i] {
		v += s
	}
	p.sums[i] = v
	p.count++
}

// Total returns the sum of the numbers so far, 0 of none and of -0.
func (p *Pairwise) Total() float64 {
	var sum float64
	for c := p.count; c != 0; c &= c - 1 {
		sum += p.sums[bits.TrailingZeros64(c)]
	}
	return sum
}

// Sum returns the sum of x, 0 of nothing and of -0.
func Sum(x []float32) float64 { return sum(sumPlain, x, 0) }

// SumSquares returns the sum of x².
func SumSquares(x []float32) float64 { return sum(sumSquares, x, 0) }

// SumAbs returns the sum of |x|.
func SumAbs(x []float32) float64 { return sum(sumAbs, x, 0) }

// SumDeviations returns the sum of (x - center)², computed in float64.
func SumDeviations(x []float32, center float64) float64 { return sum(sumDeviations, x, center) }

func sum(op sumOp, x []float32, center float64) float64 {
	if len(x) <= Block {
		return 0 + block(op, x, center) // 0 if that is -0
	}
	var p Pairwise
	for ; len(x) > Block; x = x[Block:] {
		p.Add(block(op, x[:Block], center))
	}
	p.Add(block(op, x, center))
	return p.Total()
}

// block sums whole rows of columns in the order of [sumColumns], and what remains one
// after another.
func block(op sumOp, x []float32, center float64) float64 {
	n := len(x) / columns * columns
	var s float64
	if n > 0 {
		s = sumVec(op, x[:n], center)
	}
	if n == len(x) {
		return s
	}
	var rest float64
	for _, v := range x[n:] {
		rest += op.of(v, center)
	}
	return s + rest
}

// Accumulate sets sums = sums + x.
func Accumulate(sums []float64, x []float32) {
	if len(x) != len(sums) {
		panic("vec: Accumulate lengths differ")
	}
	for i := accumulateVec(sums, x); i < len(x); i++ {
		sums[i] += float64(x[i])
	}
}

// Largest returns the largest x: NaN if one is NaN, and 0 rather than -0. It panics if
// there is none.
func Largest(x []float32) float32 { return extreme(true, x) }

// Smallest returns the smallest x: NaN if one is NaN, and -0 rather than 0. It panics if
// there is none.
func Smallest(x []float32) float32 { return extreme(false, x) }

func extreme(larger bool, x []float32) float32 {
	if len(x) == 0 {
		panic("vec: an extreme of nothing")
	}
	n, top := extremeVec(larger, x)
	if n == 0 {
		top = x[0]
	}
	return extremeGeneric(larger, top, x[n:])
}

// ArgMax returns where the largest x is: the first of equals, 0 and -0 being equal, and
// the first NaN before all numbers. It panics if x is empty.
func ArgMax(x []float32) int { return argExtreme(true, x) }

// ArgMin returns where the smallest x is; see [ArgMax].
func ArgMin(x []float32) int { return argExtreme(false, x) }

// argExtreme remembers the first block that has the extreme, and looks there for its
// place at the end.
func argExtreme(larger bool, x []float32) int {
	at, top := firstOf(larger, x, Block)
	const small = 64
	in, _ := firstOf(larger, x[at:min(at+Block, len(x))], small)
	at += in
	if top != top {
		for x[at] == x[at] {
			at++
		}
		return at
	}
	for x[at] != top {
		at++
	}
	return at
}

// firstOf returns where the first part of x of the given size begins that has the
// extreme, or else NaN, and what it is.
func firstOf(larger bool, x []float32, size int) (at int, top float32) {
	top = extreme(larger, x[:min(size, len(x))])
	for from := size; from < len(x) && top == top; from += size {
		v := extreme(larger, x[from:min(from+size, len(x))])
		if v != v || larger && v > top || !larger && v < top {
			at, top = from, v
		}
	}
	return at, top
}
