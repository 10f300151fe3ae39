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

// newWalk returns a walk with room for tensors of so many dimensions, and for one more,
// which single numbers get.
func newWalk(dims, tensors int) walk {
	room := make([]int, (dims+1)*(tensors+1))
	w := walk{shape: room[: dims : dims+1], strides: make([][]int, tensors)}
	for i := range w.strides {
		room = room[dims+1:]
		w.strides[i] = room[: dims : dims+1]
	}
	return w
}

// inOrder returns the walk in row-major order, with neighbouring dimensions made
// one where all tensors allow it.
func inOrder(ts ...*Tensor) walk {
	w := newWalk(len(ts[0].shape), len(ts))
	copy(w.shape, ts[0].shape)
	for i, t := range ts {
		copy(w.strides[i], t.strides)
	}
	w.merge()
	return w
}

// anyOrder returns the walk whose order suits the memory of the first tensor.
func anyOrder(ts ...*Tensor) walk {
	var few [8]int
	order := few[:0]
	for d := range ts[0].shape {
		order = append(order, d)
	}
	slices.SortStableFunc(order, func(a, b int) int { return ts[0].strides[b] - ts[0].strides[a] })
	w := newWalk(len(order), len(ts))
	for to, d := range order {
		w.shape[to] = ts[0].shape[d]
		for i, t := range ts {
			w.strides[i][to] = t.strides[d]
		}
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
	w.shape = orOne(w.shape[:n])
	for i, s := range w.strides {
		w.strides[i] = orOne(s[:n])
	}
}

// orOne returns s, or a one where s is empty.
func orOne(s []int) []int {
	if len(s) == 0 {
		return append(s, 1)
	}
	return s
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

// columns returns the dimension, but the innermost, along which neighbours in tensor i lie
// next to each other, -1 if there is none.
func (w *walk) columns(i int) int {
	for d, n := range w.shape[:len(w.shape)-1] {
		if n > 1 && w.strides[i][d] == 1 {
			return d
		}
	}
	return -1
}

// remove takes a dimension out of the walk.
func (w *walk) remove(d int) {
	w.shape = slices.Delete(w.shape, d, d+1)
	for i, s := range w.strides {
		w.strides[i] = slices.Delete(s, d, d+1)
	}
}

// all yields the position of each index, in elements after each tensor's first. It is
// valid until the next.
func (w *walk) all() iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		if slices.Contains(w.shape, 0) {
			return
		}
		idx, pos := make([]int, len(w.shape)), make([]int, len(w.strides))
		for yield(pos) {
			if !w.next(idx, pos) {
				return
			}
		}
	}
}

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
		k := len(w.strides)
		room := make([]int, 2*k+last)
		row, pos, idx := room[:k], room[k:2*k], room[2*k:]
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
// dimensions that it counts. It reports whether there is one; after the last, the first
// follows.
func (w *walk) next(idx, row []int) bool {
	for d := len(idx) - 1; d >= 0; d-- {
		idx[d]++
		for i, s := range w.strides {
			row[i] += s[d]
		}
		if idx[d] < w.shape[d] {
			return true
		}
		for i, s := range w.strides {
			row[i] -= idx[d] * s[d]
		}
		idx[d] = 0
	}
	return false
}
