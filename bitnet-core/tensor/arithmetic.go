package tensor

import (
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// Add sets dst = a + b. Like all operations on two tensors it broadcasts them to
// dst's shape, wants one type of all three, and allows dst to be a or b. Integers
// wrap around.
func Add(dst, a, b *Tensor) { arithmetic("Add", opAdd, dst, a, b) }

// Sub sets dst = a - b; see [Add].
func Sub(dst, a, b *Tensor) { arithmetic("Sub", opSub, dst, a, b) }

// Mul sets dst = a · b; see [Add].
func Mul(dst, a, b *Tensor) { arithmetic("Mul", opMul, dst, a, b) }

// Div sets dst = a / b, for floating-point types; see [Add]. By IEEE 754, x/0 is an
// infinity and 0/0 is NaN.
func Div(dst, a, b *Tensor) { arithmetic("Div", opDiv, dst, a, b) }

// Min sets dst to the smaller of a and b, NaN if one is NaN; see [Add]. -0 is
// smaller than 0.
func Min(dst, a, b *Tensor) { arithmetic("Min", opMin, dst, a, b) }

// Max sets dst to the larger of a and b, NaN if one is NaN; see [Add]. 0 is larger
// than -0.
func Max(dst, a, b *Tensor) { arithmetic("Max", opMax, dst, a, b) }

// Pow sets dst to a to the power b, for floating-point types; see [Add]. Special
// cases are those of [math.Pow], which are C's.
func Pow(dst, a, b *Tensor) { arithmetic("Pow", opPow, dst, a, b) }

type arithmeticOp uint8

const (
	opAdd arithmeticOp = iota
	opSub
	opMul
	opMin
	opMax
	opDiv // from here on of floats only
	opPow
)

func arithmetic(name string, op arithmeticOp, dst, a, b *Tensor) {
	in := prepare(name, dst, a, b)
	if a.dtype != dst.dtype || b.dtype != dst.dtype {
		panic("tensor: " + name + " operands of another type than dst")
	}
	a, b = in[0], in[1]
	switch dst.dtype {
	case dtype.F32, dtype.F16, dtype.BF16:
		each2(dst, a, b, floats[float32](op))
		return
	case dtype.F64:
		each2(dst, a, b, floats[float64](op))
		return
	}
	if op >= opDiv {
		panic("tensor: " + name + " of a type that is not floating-point")
	}
	switch dst.dtype {
	case dtype.I64:
		each2(dst, a, b, numbers[int64](op))
	case dtype.I32:
		each2(dst, a, b, numbers[int32](op))
	case dtype.I16:
		each2(dst, a, b, numbers[int16](op))
	case dtype.I8:
		each2(dst, a, b, numbers[int8](op))
	case dtype.U64:
		each2(dst, a, b, numbers[uint64](op))
	case dtype.U32:
		each2(dst, a, b, numbers[uint32](op))
	case dtype.U16:
		each2(dst, a, b, numbers[uint16](op))
	case dtype.U8:
		each2(dst, a, b, numbers[uint8](op))
	default:
		panic("tensor: " + name + " of Bool")
	}
}

func floats[T float](op arithmeticOp) func(dst, a, b []T) {
	switch op {
	case opDiv:
		return divRun[T]
	case opPow:
		return powRun[T]
	default:
		return numbers[T](op)
	}
}

func numbers[T Number](op arithmeticOp) func(dst, a, b []T) {
	switch op {
	case opAdd:
		return addRun[T]
	case opSub:
		return subRun[T]
	case opMul:
		return mulRun[T]
	case opMin:
		return minRun[T]
	default:
		return maxRun[T]
	}
}

// The slices of a run are of one length; dst may be a or b.

func addRun[T Number](dst, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

func subRun[T Number](dst, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] - b[i]
	}
}

func mulRun[T Number](dst, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
}

func divRun[T float](dst, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] / b[i]
	}
}

func minRun[T Number](dst, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = min(a[i], b[i])
	}
}

func maxRun[T Number](dst, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = max(a[i], b[i])
	}
}

func powRun[T float](dst, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = T(math.Pow(float64(a[i]), float64(b[i])))
	}
}
