package tensor

import (
	"slices"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/vec"
)

// Kernels for float32 take runs of any length where elements lie together; a tensor
// that repeats one element along the runs is a number to them.

func slices1(f vec.Func) func(dst, a []float32) {
	return func(dst, a []float32) { f.Slice(dst, a, false) }
}

func slices2(o vec.Op) func(dst, a, b []float32) {
	return func(dst, a, b []float32) { o.Slices(dst, a, b, false) }
}

// flat returns the elements of a contiguous F32 tensor of dst's shape, or nil.
func (t *Tensor) flat(dst *Tensor) []float32 {
	if t.dtype != dtype.F32 || !slices.Equal(t.shape, dst.shape) || !t.Contiguous() {
		return nil
	}
	return values[float32](t)
}

// apart reports whether z shares no memory with x or is x; they are of one length.
func apart(z, x []float32) bool {
	p, q := uintptr(unsafe.Pointer(unsafe.SliceData(z))), uintptr(unsafe.Pointer(unsafe.SliceData(x)))
	bytes := uintptr(4 * len(z))
	return p == q || p+bytes <= q || q+bytes <= p
}

// flat2 sets dst = a o b for contiguous F32 tensors of one shape, which needs no walk,
// and reports whether they are such and nothing is wrong with them.
func (t Threads) flat2(o vec.Op, dst, a, b *Tensor) bool {
	z, x, y := dst.flat(dst), a.flat(dst), b.flat(dst)
	if len(z) == 0 || x == nil || y == nil || !apart(z, x) || !apart(z, y) {
		return false
	}
	if t.pool == nil || len(z) < large {
		o.Slices(z, x, y, streams(z, x) && streams(z, y))
		return true
	}
	stream := streams(z, x) && streams(z, y)
	t.divide(len(z), len(z), func(lo, hi int) { o.Slices(z[lo:hi], x[lo:hi], y[lo:hi], stream) })
	return true
}

// streams reports whether z is so large that it had better go past the caches, and is
// not x, which brings it there.
func streams(z, x []float32) bool { return len(z) >= vec.StreamFrom && &z[0] != &x[0] }

// flat1 sets dst = f(a) as flat2 does.
func (t Threads) flat1(f vec.Func, dst, a *Tensor) bool {
	z, x := dst.flat(dst), a.flat(dst)
	if len(z) == 0 || x == nil || !apart(z, x) {
		return false
	}
	if t.pool == nil || len(z) < large {
		f.Slice(z, x, streams(z, x))
		return true
	}
	t.divide(len(z), len(z), func(lo, hi int) { f.Slice(z[lo:hi], x[lo:hi], streams(z, x)) })
	return true
}

// vectors2 sets dst = a o b for F32.
func (t Threads) vectors2(w walk, o vec.Op, dst, a, b *Tensor) {
	x1, y1 := w.inner(1), w.inner(2)
	if w.inner(0) != 1 || x1>>1 != 0 || y1>>1 != 0 || x1+y1 == 0 {
		eachPart2(t, w, dst, a, b, slices2(o))
		return
	}
	z, x, y := values[float32](dst), values[float32](a), values[float32](b)
	elems := w.elems()
	stream := elems >= vec.StreamFrom && !dst.same(a) && !dst.same(b)
	t.divide(elems, elems, func(lo, hi int) {
		for pos, n := range w.part(lo, hi, elems) {
			to := z[pos[0]:][:n]
			switch {
			case x1 == 0:
				o.Left(to, x[pos[1]], y[pos[2]:][:n], stream)
			case y1 == 0:
				o.Right(to, x[pos[1]:][:n], y[pos[2]], stream)
			default:
				o.Slices(to, x[pos[1]:][:n], y[pos[2]:][:n], stream)
			}
		}
	})
}

// vectors1 sets dst = f(a) for F32.
func (t Threads) vectors1(w walk, f vec.Func, dst, a *Tensor) {
	if w.inner(0) != 1 || w.inner(1) != 1 {
		eachPart1(t, w, dst, a, slices1(f))
		return
	}
	z, x := values[float32](dst), values[float32](a)
	elems := w.elems()
	stream := elems >= vec.StreamFrom && !dst.same(a)
	t.divide(elems, elems, func(lo, hi int) {
		for pos, n := range w.part(lo, hi, elems) {
			f.Slice(z[pos[0]:][:n], x[pos[1]:][:n], stream)
		}
	})
}
