package tensor

import "github.com/bitnet-go/bitnet/bitnet-core/vec"

// Kernels for float32 take runs of any length where elements lie together; a tensor
// that repeats one element along the runs is a number to them.

func slices1(f vec.Func) func(dst, a []float32) {
	return func(dst, a []float32) { f.Slice(dst, a, false) }
}

func slices2(o vec.Op) func(dst, a, b []float32) {
	return func(dst, a, b []float32) { o.Slices(dst, a, b, false) }
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
