package tensor

import "iter"

// Indices yields the indices of the shape in row-major order: one empty index for
// that of a single number. The slice is valid until the next.
func (s Shape) Indices() iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		for _, n := range s {
			if n <= 0 {
				return
			}
		}
		idx := make([]int, len(s))
		for yield(idx) {
			d := len(s) - 1
			for ; d >= 0; d-- {
				if idx[d]++; idx[d] < s[d] {
					break
				}
				idx[d] = 0
			}
			if d < 0 {
				return
			}
		}
	}
}

// All yields the indices and elements in row-major order; see [Shape.Indices] and
// [Tensor.At].
func (t *Tensor) All() iter.Seq2[[]int, float64] {
	return func(yield func([]int, float64) bool) {
		for idx := range t.shape.Indices() {
			if !yield(idx, t.At(idx...)) {
				return
			}
		}
	}
}
