package tensor

import (
	"math"
	"strconv"
	"strings"
)

// A Shape is the number of elements along each dimension, outermost first. An
// empty shape is that of a single number.
type Shape []int

// Elems returns the product of the dimensions. It is false if a dimension is
// negative or the product overflows an int.
func (s Shape) Elems() (int, bool) {
	n := 1
	for _, d := range s {
		if d < 0 || d > 0 && n > math.MaxInt/d {
			return 0, false
		}
		n *= d
	}
	return n, true
}

// String returns the dimensions as in "2×3", and "scalar" if there are none.
func (s Shape) String() string {
	if len(s) == 0 {
		return "scalar"
	}
	var b strings.Builder
	for i, d := range s {
		if i > 0 {
			b.WriteString("×")
		}
		b.WriteString(strconv.Itoa(d))
	}
	return b.String()
}

// strides returns the strides of a contiguous tensor of shape s.
func (s Shape) strides() []int {
	st := make([]int, len(s))
	n := 1
	for i := len(s) - 1; i >= 0; i-- {
		st[i] = n
		n *= s[i]
	}
	return st
}
