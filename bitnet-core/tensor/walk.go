package tensor

import (
	"iter"
	"slices"
)

// chunk is the number of elements that an operation takes at a time: few enough
// that copies of them stay in the first-level cache.
const chunk = 2048

// A walk goes through tensors of one shape together, by runs along the innermost
// dimension.
type walk struct {
	shape   []int
	strides [][]int // of each tensor, in elements
}

// inOrder returns the walk in row-major order, with neighbouring dimensions made
// one where all tensors allow it.
func inOrder(ts ...*Tensor) walk {
	w := walk{shape: slices.Clone(ts[0].shape)}
	for _, t := range ts {
		w.strides = append(w.strides, slices.Clone(t.strides))
	}
	w.merge()
	return w
}

// anyOrder returns the walk whose order suits the memory of the first tensor.
func anyOrder(ts ...*Tensor) walk {
	order := make([]int, len(ts[0].shape))
	for d := range order {
		order[d] = d
	}
	slices.SortStableFunc(order, func(a, b int) int { return ts[0].strides[b] - ts[0].strides[a] })
	var w walk
	for _, d := range order {
		w.shape = append(w.shape, ts[0].shape[d])
	}
	for _, t := range ts {
		var strides []int
		for _, d := range order {
			strides = append(strides, t.strides[d])
		}
		w.strides = append(w.strides, strides)
	}
	w.merge()
	return w
}

// merge drops dimensions of 1 and joins an outer dimension to the next inner one
// where it goes on after the inner one's end. At least one dimension remains.
func (w *walk) merge() {
	n := 0 // dimensions that are done
	for d, size := range w.shape {
		switch {
		case size == 1:
			continue
		case n > 0 && w.follows(n-1, d):
			w.shape[n-1] *= size
			n--
		default:
			w.shape[n] = size
		}
		for _, s := range w.strides {
			s[n] = s[d]
		}
		n++
	}
	w.shape = append(w.shape[:n], 1)[:max(n, 1)]
	for i, s := range w.strides {
		w.strides[i] = append(s[:n], 1)[:max(n, 1)]
	}
}

func (w *walk) follows(outer, inner int) bool {
	for _, s := range w.strides {
		if s[outer] != s[inner]*w.shape[inner] {
			return false
		}
	}
	return true
}

// inner returns the stride of tensor i along a run.
func (w *walk) inner(i int) int { return w.strides[i][len(w.strides[i])-1] }

// runs yields the position of each run, in elements after each tensor's first, and
// its length, at most chunk. The positions are valid until the next run.
func (w *walk) runs() iter.Seq2[[]int, int] { return w.part(0, w.elems(), chunk) }

// elems returns how many elements each tensor has.
func (w *walk) elems() int {
	n := 1
	for _, size := range w.shape {
		n *= size
	}
	return n
}

// part is runs, of at most longest elements, from element lo to before hi in the
// order of the walk.
func (w *walk) part(lo, hi, longest int) iter.Seq2[[]int, int] {
	return func(yield func([]int, int) bool) {
		if lo >= hi {
			return
		}
		last := len(w.shape) - 1
		idx, row, pos := make([]int, last), make([]int, len(w.strides)), make([]int, len(w.strides))
		from := lo % w.shape[last]
		for d, rest := last-1, lo/w.shape[last]; d >= 0; d-- {
			idx[d] = rest % w.shape[d]
			rest /= w.shape[d]
			for i, s := range w.strides {
				row[i] += idx[d] * s[d]
			}
		}
		for left := hi - lo; ; {
			for from < w.shape[last] {
				for i := range pos {
					pos[i] = row[i] + from*w.strides[i][last]
				}
				n := min(longest, w.shape[last]-from, left)
				if !yield(pos, n) {
					return
				}
				from += n
				if left -= n; left == 0 {
					return
				}
			}
			from = 0
			w.next(idx, row)
		}
	}
}

// next moves idx, and the positions of it in row, to the next index of the
// dimensions that it counts.
func (w *walk) next(idx, row []int) {
	for d := len(idx) - 1; d >= 0; d-- {
		idx[d]++
		for i, s := range w.strides {
			row[i] += s[d]
		}
		if idx[d] < w.shape[d] {
			return
		}
		for i, s := range w.strides {
			row[i] -= idx[d] * s[d]
		}
		idx[d] = 0
	}
}
