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
	return func(dst, a []float32) { f.Slice(dst, a, vec.Cached) }
}

func slices2(o vec.Op) func(dst, a, b []float32) {
	return func(dst, a, b []float32) { o.Slices(dst, a, b, vec.Cached) }
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
	to := stores(streams(z, x) && streams(z, y))
	if t.pool == nil || len(z) < large {
		o.Slices(z, x, y, to)
		fence(to)
		return true
	}
	t.divide(len(z), len(z), func(lo, hi int) {
		o.Slices(z[lo:hi], x[lo:hi], y[lo:hi], to)
		fence(to)
	})
	return true
}

// rows2 sets dst = a o b for contiguous F32 tensors where a has dst's shape and b that of
// its last dimensions, as a bias has; it reports whether they are such and nothing is
// wrong with them.
func (t Threads) rows2(o vec.Op, dst, a, b *Tensor) bool {
	z, x := dst.flat(dst), a.flat(dst)
	if len(z) == 0 || x == nil || b.dtype != dtype.F32 || !b.Contiguous() || !apart(z, x) || dst.Overlaps(b) {
		return false
	}
	tail := b.shape
	for len(tail) > 0 && tail[0] == 1 {
		tail = tail[1:]
	}
	if len(tail) == 0 || len(b.shape) > len(dst.shape) || !slices.Equal(tail, dst.shape[len(dst.shape)-len(tail):]) {
		return false
	}
	y := values[float32](b)
	to := stores(streams(z, x))
	t.divide(len(z)/len(y), len(z), func(lo, hi int) {
		for at := lo * len(y); at < hi*len(y); at += len(y) {
			o.Slices(z[at:at+len(y)], x[at:at+len(y)], y, to)
		}
		fence(to)
	})
	return true
}

// streams reports whether z is so large that it had better go past the caches, and is
// not x, which brings it there.
func streams(z, x []float32) bool { return len(z) >= vec.StreamFrom && &z[0] != &x[0] }

// stores returns how a part of a result is stored that is, or is not, to go past the
// caches; fence follows after its last run.
func stores(stream bool) vec.Stores {
	if stream {
		return vec.PastUnfenced
	}
	return vec.Cached
}

func fence(to vec.Stores) {
	if to != vec.Cached {
		vec.Fence()
	}
}

// flat1 sets dst = f(a) as flat2 does.
func (t Threads) flat1(f vec.Func, dst, a *Tensor) bool {
	z, x := dst.flat(dst), a.flat(dst)
	if len(z) == 0 || x == nil || !apart(z, x) {
		return false
	}
	to := stores(streams(z, x))
	if t.pool == nil || len(z) < large {
		f.Slice(z, x, to)
		fence(to)
		return true
	}
	t.divide(len(z), len(z), func(lo, hi int) {
		f.Slice(z[lo:hi], x[lo:hi], to)
		fence(to)
	})
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
	past := stores(elems >= vec.StreamFrom && !dst.same(a) && !dst.same(b))
	t.divide(elems, elems, func(lo, hi int) {
		for pos, n := range w.part(lo, hi, elems) {
			to := z[pos[0]:][:n]
			switch {
			case x1 == 0:
				o.Left(to, x[pos[1]], y[pos[2]:][:n], past)
			case y1 == 0:
				o.Right(to, x[pos[1]:][:n], y[pos[2]], past)
			default:
				o.Slices(to, x[pos[1]:][:n], y[pos[2]:][:n], past)
			}
		}
		fence(past)
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
	past := stores(elems >= vec.StreamFrom && !dst.same(a))
	t.divide(elems, elems, func(lo, hi int) {
		for pos, n := range w.part(lo, hi, elems) {
			f.Slice(z[pos[0]:][:n], x[pos[1]:][:n], past)
		}
		fence(past)
	})
}
