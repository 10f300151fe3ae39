package tensor

import (
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// ReduceMax sets dst to the largest elements of a over axes, all if none are given,
// for any one type but block types: NaN if one is NaN, and 0 rather than -0. Of Bool it
// says whether any is true, as [ReduceMin] whether all are. It panics if there is nothing
// to choose from. For shapes see [Sum].
func ReduceMax(dst, a *Tensor, axes ...int) { Threads{}.ReduceMax(dst, a, axes...) }

// ReduceMin sets dst to the smallest elements of a over axes; see [ReduceMax].
func ReduceMin(dst, a *Tensor, axes ...int) { Threads{}.ReduceMin(dst, a, axes...) }

func (t Threads) extreme(name string, dst, a *Tensor, axes []int, largest bool) {
	r := newReduction(name, dst, a, axes)
	if dst.dtype != a.dtype {
		panic("tensor: " + name + " operand of another type than dst")
	}
	if r.each == 0 && dst.Len() > 0 {
		panic("tensor: " + name + " of no elements")
	}
	switch a.dtype {
	case dtype.F64:
		extremeOf[float64](t, r, extremeFunc[float64](largest))
	case dtype.F32:
		if w := r.inner; r.columns(w) {
			t.extremeDown(r, w.shape[0], w.inner(0), largest)
			return
		}
		extremeOf(t, r, extreme32(largest))
	case dtype.F16, dtype.BF16:
		set := dst.setter()
		reduce(t, r, extreme32(largest), func(pos int, v float32) { set(pos, float64(v)) })
	case dtype.I64:
		extremeOf[int64](t, r, extremeFunc[int64](largest))
	case dtype.I32:
		extremeOf[int32](t, r, extremeFunc[int32](largest))
	case dtype.I16:
		extremeOf[int16](t, r, extremeFunc[int16](largest))
	case dtype.I8:
		extremeOf[int8](t, r, extremeFunc[int8](largest))
	case dtype.U64:
		extremeOf[uint64](t, r, extremeFunc[uint64](largest))
	case dtype.U32:
		extremeOf[uint32](t, r, extremeFunc[uint32](largest))
	case dtype.U16:
		extremeOf[uint16](t, r, extremeFunc[uint16](largest))
	default: // U8, Bool
		extremeOf[uint8](t, r, extremeFunc[uint8](largest))
	}
}

func extremeOf[T Number](t Threads, r reduction, f func(x *elements[T]) T) {
	out := values[T](r.dst)
	reduce(t, r, f, func(pos int, v T) { out[pos] = v })
}

func extremeFunc[T Number](largest bool) func(x *elements[T]) T {
	return func(x *elements[T]) T {
		var top T
		first := true
		for run := range x.runs {
			if first {
				top, first = run[0], false
			}
			if largest {
				for _, v := range run {
					top = max(top, v)
				}
			} else {
				for _, v := range run {
					top = min(top, v)
				}
			}
		}
		return top
	}
}

// ArgMax sets dst, which is I64, to the places of the largest elements of a along
// axes: over several, or over all if none are given, the row-major index in them. Of
// equals it is the first, and the first NaN comes before all numbers. It panics if
// there is nothing to choose from. For shapes see [Sum].
func ArgMax(dst, a *Tensor, axes ...int) { Threads{}.ArgMax(dst, a, axes...) }

// ArgMin sets dst to the places of the smallest elements of a; see [ArgMax].
func ArgMin(dst, a *Tensor, axes ...int) { Threads{}.ArgMin(dst, a, axes...) }

func (t Threads) argExtreme(name string, dst, a *Tensor, axes []int, sign int) {
	r := newReduction(name, dst, a, axes)
	if dst.dtype != dtype.I64 {
		panic("tensor: " + name + " dst is not I64")
	}
	if r.each == 0 && dst.Len() > 0 {
		panic("tensor: " + name + " of no elements")
	}
	switch a.dtype {
	case dtype.F64:
		argOf(t, r, arg[float64](sign))
	case dtype.F32:
		argOf(t, r, arg32(sign))
	case dtype.F16, dtype.BF16:
		argOf(t, r, arg[float32](sign))
	case dtype.I64:
		argOf(t, r, arg[int64](sign))
	case dtype.I32:
		argOf(t, r, arg[int32](sign))
	case dtype.I16:
		argOf(t, r, arg[int16](sign))
	case dtype.I8:
		argOf(t, r, arg[int8](sign))
	case dtype.U64:
		argOf(t, r, arg[uint64](sign))
	case dtype.U32:
		argOf(t, r, arg[uint32](sign))
	case dtype.U16:
		argOf(t, r, arg[uint16](sign))
	default: // U8, Bool
		argOf(t, r, arg[uint8](sign))
	}
}

func argOf[T Number](t Threads, r reduction, f func(x *elements[T]) int64) {
	out := values[int64](r.dst)
	reduce(t, r, f, func(pos int, v int64) { out[pos] = v })
}

func arg[T Number](sign int) func(x *elements[T]) int64 {
	return func(x *elements[T]) int64 {
		var best T
		at, i := int64(-1), int64(0)
		for run := range x.runs {
			for _, v := range run {
				if at < 0 || best == best && (v != v || sign > 0 && v > best || sign < 0 && v < best) {
					best, at = v, i
				}
				i++
			}
		}
		return at
	}
}
