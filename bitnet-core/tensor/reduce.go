package tensor

import (
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// Reduce returns the shape of a reduction over the given axes, all if there are
// none: without them or, if keep is true, with 1 in their place. Reductions take a
// destination of either shape.
func (s Shape) Reduce(keep bool, axes ...int) Shape {
	gone := s.axes("Shape.Reduce", axes)
	out := Shape{}
	for d, n := range s {
		switch {
		case !gone[d]:
			out = append(out, n)
		case keep:
			out = append(out, 1)
		}
	}
	return out
}

// axes marks the axes of a reduction.
func (s Shape) axes(name string, axes []int) []bool {
	gone := make([]bool, len(s))
	for _, d := range axes {
		if d < 0 || d >= len(s) || gone[d] {
			panic("tensor: " + name + " axis out of range or twice")
		}
		gone[d] = true
	}
	if len(axes) == 0 {
		for d := range gone {
			gone[d] = true
		}
	}
	return gone
}

// A reduction computes each element of dst from those of a with the same index
// outside the axes that are gone.
type reduction struct {
	dst, a *Tensor
	outer  walk    // of dst and a, without those axes
	inner  *Tensor // the elements of a for the first of dst
	each   int     // how many these are
}

func newReduction(name string, dst, a *Tensor, axes []int) reduction {
	if !dst.dtype.Plain() || !a.dtype.Plain() {
		panic("tensor: " + name + " of a block type")
	}
	gone := a.shape.axes(name, axes)
	flat := a.shape.Reduce(false, axes...)
	if !slices.Equal(dst.shape, flat) && !slices.Equal(dst.shape, a.shape.Reduce(true, axes...)) {
		panic("tensor: " + name + " dst is not of a's shape without the axes")
	}
	separate(name, dst, a)
	kept, inner := *a, *a
	kept.shape, kept.strides, inner.shape, inner.strides = nil, nil, nil, nil
	out := *dst
	out.shape, out.strides = flat, nil
	for d, n := range a.shape {
		v := &kept
		if gone[d] {
			v = &inner
		}
		v.shape, v.strides = append(v.shape, n), append(v.strides, a.strides[d])
		if !gone[d] {
			at := len(kept.shape) - 1
			if len(dst.shape) == len(a.shape) {
				at = d
			}
			out.strides = append(out.strides, dst.strides[at])
		}
	}
	return reduction{dst: dst, a: a, outer: inOrder(&out, &kept), inner: &inner, each: inner.Len()}
}

// reduce calls f for each element of dst with the elements of a that it depends on,
// and store with the element's position in dst and the result. Threads share the
// elements of dst or, if these are few, the elements that one of them depends on.
func reduce[T Number, R any](t Threads, r reduction, f func(x *elements[T]) R, store func(pos int, v R)) {
	w := inOrder(r.inner)
	results := r.outer.elems()
	if r.each >= large && results < fewResults {
		reducePart(t, r, w, 0, results, f, store)
		return
	}
	t.divide(results, results*r.each, func(lo, hi int) { reducePart(Threads{}, r, w, lo, hi, f, store) })
}

// fewResults is from how many results on threads take some each.
const fewResults = 8

func reducePart[T Number, R any](t Threads, r reduction, w walk, lo, hi int, f func(x *elements[T]) R, store func(pos int, v R)) {
	x := &elements[T]{walk: w, lane: newLane[T](r.a, w.inner(0)), threads: t}
	columns := r.columns(w) && w.shape[0] <= tallest
	var tile *tile[T]
	if columns {
		tile = newTile[T](r.a, w)
	}
	for pos, n := range r.outer.part(lo, hi, chunk) {
		if columns {
			for i := 0; i < n; i += tileWidth {
				k := min(tileWidth, n-i)
				tile.load(pos[1]+i, k)
				for j := range k {
					store(pos[0]+(i+j)*r.outer.inner(0), f(tile.column(j)))
				}
			}
			continue
		}
		for i := range n {
			x.from = pos[1] + i*r.outer.inner(1)
			store(pos[0]+i*r.outer.inner(0), f(x))
		}
	}
}

// columns reports whether the reduction goes down columns, not empty ones, of rows that
// lie together.
func (r *reduction) columns(w walk) bool {
	return len(w.shape) == 1 && w.shape[0] > 0 && w.inner(0) > 1 && r.outer.inner(1) == 1
}

// elements are those that one result depends on.
type elements[T Number] struct {
	walk    walk
	lane    *lane[T]
	from    int
	threads Threads // for one result
}

// together returns the elements if there are any and they lie together, else nil.
func (e *elements[T]) together() []T {
	if len(e.walk.shape) != 1 || e.walk.shape[0] == 0 || e.lane.stride != 1 || e.lane.decode != nil {
		return nil
	}
	return e.lane.direct[e.from:][:e.walk.shape[0]]
}

// runs yields the elements in row-major order, at most chunk at a time. They are
// valid until the next.
func (e *elements[T]) runs(yield func([]T) bool) {
	if len(e.walk.shape) == 1 { // the common case, without the walk's bookkeeping
		size := e.walk.shape[0]
		for i := 0; i < size; i += chunk {
			if !yield(e.lane.in(e.from+i*e.lane.stride, min(chunk, size-i))) {
				return
			}
		}
		return
	}
	for pos, n := range e.walk.runs() {
		if !yield(e.lane.in(e.from+pos[0], n)) {
			return
		}
	}
}

// A tile holds neighbouring columns of a tensor, each in one piece, so that what is
// reduced along columns is still read along rows.
type tile[T Number] struct {
	rows    *lane[T] // of the tensor
	step    int      // from row to row
	height  int
	pitch   int // from column to column in data
	data    []T
	columns elements[T]
}

const (
	tileWidth = 16      // columns: a cache line of float32
	tallest   = 1 << 14 // rows: above, a tile would leave the second-level cache
)

// newTile makes a tile for columns that w, of one dimension, goes down.
func newTile[T Number](a *Tensor, w walk) *tile[T] {
	t := &tile[T]{rows: newLane[T](a, 1), step: w.inner(0), height: w.shape[0]}
	t.pitch = t.height + 16 // not a power of two, whose multiples share a cache set
	t.data = make([]T, tileWidth*t.pitch)
	t.columns.walk = walk{shape: []int{t.height}, strides: [][]int{{1}}}
	t.columns.lane = &lane[T]{direct: t.data, stride: 1}
	return t
}

// load copies n columns, the first of which begins at pos.
func (t *tile[T]) load(pos, n int) {
	for y := range t.height {
		for x, v := range t.rows.in(pos+y*t.step, n) {
			t.data[x*t.pitch+y] = v
		}
	}
}

func (t *tile[T]) column(i int) *elements[T] {
	t.columns.from = i * t.pitch
	return &t.columns
}

// setter returns a function that rounds v to t's floating-point type and stores it
// at an element position after t's first.
func (t *Tensor) setter() func(pos int, v float64) {
	switch t.dtype {
	case dtype.F64:
		x := values[float64](t)
		return func(pos int, v float64) { x[pos] = v }
	case dtype.F32:
		x := values[float32](t)
		return func(pos int, v float64) { x[pos] = float32(v) }
	case dtype.F16:
		x := values[uint16](t)
		return func(pos int, v float64) { x[pos] = dtype.F32ToF16(float32(v)) }
	default: // BF16
		x := values[uint16](t)
		return func(pos int, v float64) { x[pos] = dtype.F32ToBF16(float32(v)) }
	}
}

// isFloat reports whether d is a type of floating-point numbers.
func isFloat(d dtype.DType) bool {
	return d == dtype.F64 || d == dtype.F32 || d == dtype.F16 || d == dtype.BF16
}
