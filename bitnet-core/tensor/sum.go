package tensor

import (
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/vec"
)

// sumOf returns the pairwise sum of f(x) over a run.
func sumOf[T float](x []T, f func(float64) float64) float64 {
	if len(x) > 128 {
		half := len(x) / 2
		return sumOf(x[:half], f) + sumOf(x[half:], f)
	}
	var s float64
	for _, v := range x {
		s += f(float64(v))
	}
	return s
}

// sumRun is sumOf(x, identity) with several sums at a time.
func sumRun[T float](x []T) float64 {
	if len(x) > 128 {
		half := len(x) / 2
		return sumRun(x[:half]) + sumRun(x[half:])
	}
	var s0, s1, s2, s3 float64
	for ; len(x) >= 4; x = x[4:] {
		s0 += float64(x[0])
		s1 += float64(x[1])
		s2 += float64(x[2])
		s3 += float64(x[3])
	}
	for _, v := range x {
		s0 += float64(v)
	}
	return (s0 + s1) + (s2 + s3)
}

func sumAll[T float](x *elements[T]) float64 {
	var p vec.Pairwise
	for run := range x.runs {
		p.Add(sumRun(run))
	}
	return p.Total()
}

func sumAllOf[T float](x *elements[T], f func(float64) float64) float64 {
	var p vec.Pairwise
	for run := range x.runs {
		p.Add(sumOf(run, f))
	}
	return p.Total()
}

// Sum sets dst to the sums of a over axes, all if none are given. dst has a's shape
// without the axes or with 1 in their place, see [Shape.Reduce], and overlaps
// nothing of a. Floats are summed pairwise in float64 and rounded once to a's type,
// which dst has too; a sum of nothing or of -0 is 0. Signed integers are summed to
// I64 and unsigned ones and Bool to U64, and wrap around.
func Sum(dst, a *Tensor, axes ...int) { Threads{}.Sum(dst, a, axes...) }

func (t Threads) sum(dst, a *Tensor, axes []int) {
	if isFloat(a.dtype) {
		t.sums("Sum", dst, a, axes, false)
		return
	}
	r := newReduction("Sum", dst, a, axes)
	want := dtype.U64
	switch a.dtype {
	case dtype.I64, dtype.I32, dtype.I16, dtype.I8:
		want = dtype.I64
	}
	if dst.dtype != want {
		panic("tensor: Sum of integers to another type than I64 or U64")
	}
	switch a.dtype {
	case dtype.I64:
		sumIntegers[int64, int64](t, r)
	case dtype.I32:
		sumIntegers[int32, int64](t, r)
	case dtype.I16:
		sumIntegers[int16, int64](t, r)
	case dtype.I8:
		sumIntegers[int8, int64](t, r)
	case dtype.U64:
		sumIntegers[uint64, uint64](t, r)
	case dtype.U32:
		sumIntegers[uint32, uint64](t, r)
	case dtype.U16:
		sumIntegers[uint16, uint64](t, r)
	default: // U8, Bool
		sumIntegers[uint8, uint64](t, r)
	}
}

func sumIntegers[T Number, S int64 | uint64](t Threads, r reduction) {
	out := values[S](r.dst)
	reduce(t, r, func(x *elements[T]) S {
		var sum S
		for run := range x.runs {
			for _, v := range run {
				sum += S(v)
			}
		}
		return sum
	}, func(pos int, v S) { out[pos] = v })
}

// sums reduces floats to their sums or means.
func (t Threads) sums(name string, dst, a *Tensor, axes []int, mean bool) {
	r := newFloatReduction(name, dst, a, axes)
	divisor := 1.0
	if mean {
		divisor = float64(r.each)
	}
	if w := r.inner; a.dtype == dtype.F32 && r.columns(w) {
		t.sumDown(r, w.shape[0], w.inner(0), divisor)
		return
	}
	add := sum32(vec.Sum)
	t.reduceFloats(r,
		func(x *elements[float32]) float64 { return add(x) / divisor },
		func(x *elements[float64]) float64 { return sumAll(x) / divisor })
}

// newFloatReduction checks a reduction of one floating-point type to itself.
func newFloatReduction(name string, dst, a *Tensor, axes []int) reduction {
	r := newReduction(name, dst, a, axes)
	if dst.dtype != a.dtype {
		panic("tensor: " + name + " operand of another type than dst")
	}
	if !isFloat(a.dtype) {
		panic("tensor: " + name + " of a type that is not floating-point")
	}
	return r
}

// reduceFloats reduces with the function for what the elements are computed as.
func (t Threads) reduceFloats(r reduction, f32 func(*elements[float32]) float64, f64 func(*elements[float64]) float64) {
	if r.a.dtype == dtype.F64 {
		reduce(t, r, f64, r.dst.setter())
	} else {
		reduce(t, r, f32, r.dst.setter())
	}
}

// Mean sets dst to the means of a over axes, for floating-point types, NaN of
// nothing; see [Sum].
func Mean(dst, a *Tensor, axes ...int) {
	Threads{}.Mean(dst, a, axes...)
}

func mean[T float](x *elements[T]) float64 { return sumAll(x) / float64(x.count()) }

func (e *elements[T]) count() int {
	n, _ := Shape(e.walk.shape).Elems()
	return n
}

// Var sets dst to the variances of a over axes, for floating-point types: the sum
// of the squared distances from the mean, divided by the number of elements less
// correction, which is 0 for the variance of a population and 1 for the estimate of
// it from a sample. It is NaN where the divisor is not positive. See [Sum].
func Var(dst, a *Tensor, correction int, axes ...int) {
	Threads{}.Var(dst, a, correction, axes...)
}

func variance[T float](correction int) func(x *elements[T]) float64 {
	return func(x *elements[T]) float64 {
		n := x.count() - correction
		if n <= 0 {
			return math.NaN()
		}
		m := mean(x)
		return sumAllOf(x, func(v float64) float64 { return (v - m) * (v - m) }) / float64(n)
	}
}

// Norm sets dst to the p-norms of a over axes, for floating-point types:
// (Σ|a|ᵖ)^(1/p) with p > 0, or the largest |a| if p is infinite. Norms of nothing
// are 0. For p = 2 nothing overflows that is not itself too large. See [Sum].
func Norm(dst, a *Tensor, p float64, axes ...int) {
	Threads{}.Norm(dst, a, p, axes...)
}

func (t Threads) norm(dst, a *Tensor, p float64, axes []int) {
	if !(p > 0) {
		panic("tensor: Norm with p not above 0")
	}
	t.reduceFloats(newFloatReduction("Norm", dst, a, axes), norm32(p), norm[float64](p))
}

func norm[T float](p float64) func(x *elements[T]) float64 {
	return func(x *elements[T]) float64 {
		switch {
		case math.IsInf(p, 1):
			return largestAbs(x)
		case p == 1:
			return sumAllOf(x, math.Abs)
		case p != 2:
			return pow(sumAllOf(x, func(v float64) float64 { return pow(math.Abs(v), p) }), 1/p)
		}
		s := sumAllOf(x, func(v float64) float64 { return v * v })
		if s > 1e-280 && s < math.Inf(1) {
			return math.Sqrt(s)
		}
		top := largestAbs(x) // squares left the range of float64, or all are 0
		if top == 0 || math.IsInf(top, 1) || math.IsNaN(top) {
			return top
		}
		_, exp := math.Frexp(top) // a power of two scales without rounding
		s = sumAllOf(x, func(v float64) float64 {
			v = math.Ldexp(v, -exp)
			return v * v
		})
		return math.Ldexp(math.Sqrt(s), exp)
	}
}

func largestAbs[T float](x *elements[T]) float64 {
	var top float64
	for run := range x.runs {
		for _, v := range run {
			top = max(top, math.Abs(float64(v)))
		}
	}
	return top
}
