package tensor

import (
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/internal/transpose"
)

// rows sets the rows of dst along axis to f of those of a, divided between threads. Where
// rows are not next to each other in memory f has copies of them.
func rows[T float](t Threads, dst, a *Tensor, axis int, f func(dst, x []T)) {
	n := a.shape[axis]
	plain := dst.dtype == dtype.F32 || dst.dtype == dtype.F64
	if plain && axis == len(a.shape)-1 && dst.Contiguous() && a.Contiguous() {
		y, x := values[T](dst), values[T](a)
		t.divide(len(y)/n, len(y), func(lo, hi int) {
			for at := lo * n; at < hi*n; at += n {
				f(y[at:at+n], x[at:at+n])
			}
		})
		return
	}
	w := anyOrder(dst.Select(axis, 0), a.Select(axis, 0))
	if plain && w.inner(0) == 1 && w.inner(1) == 1 && n >= tileWidth && n <= tallest {
		columns(t, w, dst, a, axis, f)
		return
	}
	t.divide(w.elems(), a.Len(), func(lo, hi int) {
		y, x := newLane[T](dst, dst.strides[axis]), newLane[T](a, a.strides[axis])
		for pos, count := range w.part(lo, hi, chunk) {
			for i := range count {
				at := pos[0] + i*w.inner(0)
				out := y.out(at, n)
				f(out, x.in(pos[1]+i*w.inner(1), n))
				y.keep(at, out)
			}
		}
	})
}

// columns is rows for columns that lie side by side, as those of a matrix do, which w goes
// along: many at a time are copied to where each lies in one piece, and back, by blocks that
// are read and written along the matrix's own rows. What f computes of a column does not
// depend on that.
func columns[T float](t Threads, w walk, dst, a *Tensor, axis int, f func(dst, x []T)) {
	n := a.shape[axis]
	y, x := values[T](dst), values[T](a)
	down, right := dst.strides[axis], a.strides[axis]
	pitch := n + columnsApart
	t.divide(w.elems(), a.Len(), func(lo, hi int) {
		wide := max(columnsTogether/pitch/tileWidth*tileWidth, tileWidth)
		tile := make([]T, min(wide, hi-lo)*pitch)
		for pos, count := range w.part(lo, hi, wide) {
			transposed(tile, pitch, x[pos[1]:], right, count, n)
			for i := range count {
				column := tile[i*pitch:][:n]
				f(column, column)
			}
			transposed(y[pos[0]:], down, tile, pitch, n, count)
		}
	})
}

const (
	// columnsTogether is about how many elements of columns are copied at a time: what the
	// second-level cache holds beside the rows they come from.
	columnsTogether = 1 << 15
	// columnsApart keeps columns from lying a power of two apart, whose multiples share a
	// cache set.
	columnsApart = 16
)

// transposed is [transpose.Copy] of floats.
func transposed[T float](dst []T, down int, src []T, right int, rows, cols int) {
	if unsafe.Sizeof(dst[0]) == 8 {
		transpose.Copy(bitsOf[uint64](dst), down, bitsOf[uint64](src), right, rows, cols)
	} else {
		transpose.Copy(bitsOf[uint32](dst), down, bitsOf[uint32](src), right, rows, cols)
	}
}

// bitsOf returns floats as integers of their size.
func bitsOf[B uint32 | uint64, T float](x []T) []B {
	return unsafe.Slice((*B)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}
