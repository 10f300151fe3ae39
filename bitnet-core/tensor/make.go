package tensor

import (
	"math"
	"math/rand/v2"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// From returns a new tensor of T's type with a copy of v in row-major order. The
// caller releases it. A v of another length than the shape's panics.
func From[T Number](a memory.Allocator, v []T, shape ...int) (*Tensor, error) {
	if n, ok := Shape(shape).Elems(); !ok || n != len(v) {
		panic("tensor: From another number of elements than the shape's")
	}
	t, err := empty(a, typeOf[T](), shape)
	if err != nil {
		return nil, err
	}
	copy(Values[T](t), v)
	return t, nil
}

// Values returns the elements of a contiguous tensor without a copy, as
// [Tensor.Float32s] does. T is the element type's, uint8 for Bool and uint16 for the
// bits of F16 and BF16; it panics for another.
func Values[T Number](t *Tensor) []T {
	d := t.dtype
	switch d {
	case dtype.Bool:
		d = dtype.U8
	case dtype.F16, dtype.BF16:
		d = dtype.U16
	}
	if d != typeOf[T]() {
		panic("tensor: Values of another type than the tensor's")
	}
	if !t.Contiguous() {
		panic("tensor: Values of a tensor that is not contiguous")
	}
	return values[T](t)
}

// Scalar returns a tensor of no dimensions, as the operand of an operation: it is
// garbage collected and need not be released. v is limited as in [Tensor.Set].
func Scalar(d dtype.DType, v float64) *Tensor {
	if !d.Plain() {
		panic("tensor: Scalar of a block type")
	}
	room := new(uint64)
	t, err := Of(memory.Wrap(unsafe.Slice((*byte)(unsafe.Pointer(room)), 8)), d)
	if err != nil {
		panic("tensor: Scalar does not fit eight bytes")
	}
	t.Set(v)
	return t
}

// Set stores v, rounded to the element's type, at an index along each dimension. It
// panics for block types, and if an integer type cannot hold v; any v but 0 is true.
func (t *Tensor) Set(v float64, idx ...int) {
	if len(idx) != len(t.shape) {
		panic("tensor: Set index count is not the number of dimensions")
	}
	if !t.dtype.Plain() {
		panic("tensor: Set of a block type")
	}
	e := *t
	e.shape, e.strides = nil, nil
	for d, i := range idx {
		if i < 0 || i >= t.shape[d] {
			panic("tensor: Set index out of range")
		}
		e.off += i * t.strides[d]
	}
	switch t.dtype {
	case dtype.I64:
		setInt[int64](&e, v, -(1 << 63), 1<<63)
	case dtype.I32:
		setInt[int32](&e, v, math.MinInt32, 1<<31)
	case dtype.I16:
		setInt[int16](&e, v, math.MinInt16, 1<<15)
	case dtype.I8:
		setInt[int8](&e, v, math.MinInt8, 1<<7)
	case dtype.U64:
		setInt[uint64](&e, v, 0, 1<<64)
	case dtype.U32:
		setInt[uint32](&e, v, 0, 1<<32)
	case dtype.U16:
		setInt[uint16](&e, v, 0, 1<<16)
	case dtype.U8:
		setInt[uint8](&e, v, 0, 1<<8)
	case dtype.Bool:
		values[uint8](&e)[0] = truth(v != 0)
	default:
		e.setter()(0, v)
	}
}

// setInt stores v, which is to be a whole number in lo to below end.
func setInt[T Number](t *Tensor, v, lo, end float64) {
	if !(v >= lo && v < end) || v != math.Trunc(v) {
		panic("tensor: Set of a number that the integer type cannot hold")
	}
	values[T](t)[0] = T(v)
}

// Fill sets all elements to v, limited as in [Tensor.Set].
func Fill(dst *Tensor, v float64) { Copy(dst, Scalar(dst.dtype, v)) }

// Arange sets the elements in row-major order to start, start+step, start+2·step
// and so on, each limited as in [Tensor.Set]: it panics at the first that is not.
func Arange(dst *Tensor, start, step float64) {
	generate("Arange", dst, func(i int) float64 { return start + float64(i)*step })
}

// Uniform sets the elements, of a floating-point type, in row-major order to random
// numbers from lo to below hi, which rounding may make hi. The same generator
// in the same state, such as rand.New(rand.NewPCG(seed, 0)), gives the same numbers
// for any strides and on any machine.
func Uniform(dst *Tensor, r *rand.Rand, lo, hi float64) {
	if !isFloat(dst.dtype) {
		panic("tensor: Uniform of a type that is not floating-point")
	}
	// The product is rounded by itself, lest a CPU fuse it with the sum.
	generate("Uniform", dst, func(int) float64 { return lo + float64((hi-lo)*r.Float64()) })
}

// Normal is [Uniform] for normally distributed numbers. Another machine may, rarely,
// give others: it may round the exponential function differently.
func Normal(dst *Tensor, r *rand.Rand, mean, deviation float64) {
	if !isFloat(dst.dtype) {
		panic("tensor: Normal of a type that is not floating-point")
	}
	generate("Normal", dst, func(int) float64 { return mean + float64(deviation*r.NormFloat64()) })
}

// RandomIntegers sets the elements, of any type that can hold them, in row-major
// order to random integers from lo to below hi. The bounds are within ±2^53.
func RandomIntegers(dst *Tensor, r *rand.Rand, lo, hi int64) {
	if hi <= lo {
		panic("tensor: RandomIntegers range is empty")
	}
	if lo < -1<<53 || hi > 1<<53 {
		panic("tensor: RandomIntegers bounds are beyond 2^53")
	}
	generate("RandomIntegers", dst, func(int) float64 { return float64(lo + r.Int64N(hi-lo)) })
}

// generate sets the elements in row-major order to f of their number.
func generate(name string, dst *Tensor, f func(i int) float64) {
	if !dst.dtype.Plain() {
		panic("tensor: " + name + " to a block type")
	}
	if dst.repeats() {
		panic("tensor: " + name + " to a broadcast view")
	}
	w := inOrder(dst)
	i, step := 0, w.inner(0)
	if isFloat(dst.dtype) {
		set := dst.setter()
		for pos, n := range w.runs() {
			for k := range n {
				set(pos[0]+k*step, f(i))
				i++
			}
		}
		return
	}
	for idx := range dst.shape.Indices() {
		dst.Set(f(i), idx...)
		i++
	}
}
