package tensor

import (
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// prepare checks the tensors of the operation name and returns its operands in
// dst's shape.
func prepare(name string, dst *Tensor, in ...*Tensor) []*Tensor {
	if !dst.dtype.Plain() {
		panic("tensor: " + name + " to a block type")
	}
	if dst.repeats() {
		panic("tensor: " + name + " to a broadcast view")
	}
	out := make([]*Tensor, len(in))
	for i, x := range in {
		if !x.dtype.Plain() {
			panic("tensor: " + name + " of a block type")
		}
		if out[i] = x; !slices.Equal(x.shape, dst.shape) {
			out[i] = x.broadcastTo(dst.shape)
		}
		if out[i] == nil {
			panic("tensor: " + name + " shapes do not broadcast to dst's")
		}
		if !dst.same(out[i]) && dst.Overlaps(x) {
			panic("tensor: " + name + " dst overlaps an operand")
		}
	}
	return out
}

// separate panics if dst shares memory with an operand of an operation that reads
// elements again after it wrote some.
func separate(name string, dst *Tensor, in ...*Tensor) {
	if dst.repeats() {
		panic("tensor: " + name + " to a broadcast view")
	}
	for _, x := range in {
		if dst.Overlaps(x) {
			panic("tensor: " + name + " dst overlaps an operand")
		}
	}
}

// each1 sets dst = f(a) by runs.
func each1[D, A Number](dst, a *Tensor, f func(dst []D, a []A)) {
	eachPart1(Threads{}, anyOrder(dst, a), dst, a, f)
}

// eachPart1 sets dst = f(a) by runs of w, divided between threads.
func eachPart1[D, A Number](t Threads, w walk, dst, a *Tensor, f func(dst []D, a []A)) {
	elems := w.elems()
	t.divide(elems, elems, func(lo, hi int) {
		d, x := newLane[D](dst, w.inner(0)), newLane[A](a, w.inner(1))
		for pos, n := range w.part(lo, hi, chunk) {
			y := d.out(pos[0], n)
			f(y, x.in(pos[1], n))
			d.keep(pos[0], y)
		}
	})
}

// each2 sets dst = f(a, b) by runs.
func each2[D, A Number](dst, a, b *Tensor, f func(dst []D, a, b []A)) {
	eachPart2(Threads{}, anyOrder(dst, a, b), dst, a, b, f)
}

// eachPart2 sets dst = f(a, b) by runs of w, divided between threads.
func eachPart2[D, A Number](t Threads, w walk, dst, a, b *Tensor, f func(dst []D, a, b []A)) {
	elems := w.elems()
	t.divide(elems, elems, func(lo, hi int) {
		d, x, y := newLane[D](dst, w.inner(0)), newLane[A](a, w.inner(1)), newLane[A](b, w.inner(2))
		for pos, n := range w.part(lo, hi, chunk) {
			z := d.out(pos[0], n)
			f(z, x.in(pos[1], n), y.in(pos[2], n))
			d.keep(pos[0], z)
		}
	})
}

// Where sets dst to a where cond is true and to b elsewhere. cond is Bool, and a, b
// and dst have one type; all broadcast to dst's shape. dst may be a or b.
func Where(dst, cond, a, b *Tensor) {
	in := prepare("Where", dst, cond, a, b)
	if cond.dtype != dtype.Bool {
		panic("tensor: Where condition is not Bool")
	}
	if a.dtype != dst.dtype || b.dtype != dst.dtype {
		panic("tensor: Where operands of another type than dst")
	}
	switch _, size := dst.dtype.Block(); size {
	case 8:
		where[uint64](dst.as(dtype.U64), in)
	case 4:
		where[uint32](dst.as(dtype.U32), in)
	case 2:
		where[uint16](dst.as(dtype.U16), in)
	default:
		where[uint8](dst.as(dtype.U8), in)
	}
}

func where[T unsigned](dst *Tensor, in []*Tensor) {
	cond, a, b := in[0], in[1].as(dst.dtype), in[2].as(dst.dtype)
	w := anyOrder(dst, cond, a, b)
	d, c := newLane[T](dst, w.inner(0)), newLane[uint8](cond, w.inner(1))
	x, y := newLane[T](a, w.inner(2)), newLane[T](b, w.inner(3))
	for pos, n := range w.runs() {
		z, c, x, y := d.out(pos[0], n), c.in(pos[1], n), x.in(pos[2], n), y.in(pos[3], n)
		for i, is := range c {
			if is != 0 {
				z[i] = x[i]
			} else {
				z[i] = y[i]
			}
		}
		d.keep(pos[0], z)
	}
}

// as returns the view of the same bits as another plain type of the same size.
func (t *Tensor) as(d dtype.DType) *Tensor {
	v := *t
	v.dtype = d
	return &v
}
