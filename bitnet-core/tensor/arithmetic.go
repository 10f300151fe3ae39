package tensor

import (
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/vec"
)

// Add sets dst = a + b. Like all operations on two tensors it broadcasts them to
// dst's shape, wants one type of all three, and allows dst to be a or b. Integers
// wrap around.
func Add(dst, a, b *Tensor) { Threads{}.Add(dst, a, b) }

// Sub sets dst = a - b; see [Add].
func Sub(dst, a, b *Tensor) { Threads{}.Sub(dst, a, b) }

// Mul sets dst = a · b; see [Add].
func Mul(dst, a, b *Tensor) { Threads{}.Mul(dst, a, b) }

// Div sets dst = a / b, for floating-point types; see [Add]. By IEEE 754, x/0 is an
// infinity and 0/0 is NaN.
func Div(dst, a, b *Tensor) { Threads{}.Div(dst, a, b) }

// Min sets dst to the smaller of a and b, NaN if one is NaN; see [Add]. -0 is
// smaller than 0. Of Bool, which other arithmetic refuses, it is a and b.
func Min(dst, a, b *Tensor) { Threads{}.Min(dst, a, b) }

// Max sets dst to the larger of a and b, NaN if one is NaN; see [Add]. 0 is larger
// than -0. Of Bool, which other arithmetic refuses, it is a or b.
func Max(dst, a, b *Tensor) { Threads{}.Max(dst, a, b) }

// Pow sets dst to a to the power b, for floating-point types; see [Add]. Special
// cases are those of [math.Pow], which are C's.
func Pow(dst, a, b *Tensor) { Threads{}.Pow(dst, a, b) }

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

// vecOps are the kernels for float32 of the operations below opPow.
var vecOps = [opPow]vec.Op{vec.OpAdd, vec.OpSub, vec.OpMul, vec.OpMin, vec.OpMax, vec.OpDiv}

func (t Threads) arithmetic(name string, op arithmeticOp, dst, a, b *Tensor) {
	if op < opPow && (t.flat2(vecOps[op], dst, a, b) || t.rows2(vecOps[op], dst, a, b)) {
		return
	}
	in := prepare(name, dst, a, b)
	if a.dtype != dst.dtype || b.dtype != dst.dtype {
		panic("tensor: " + name + " operands of another type than dst")
	}
	a, b = in[0], in[1]
	w := anyOrder(dst, a, b)
	switch dst.dtype {
	case dtype.F32, dtype.F16, dtype.BF16:
		switch {
		case op == opPow:
			eachPart2(t, w, dst, a, b, powRun[float32])
		case dst.dtype == dtype.F32:
			t.vectors2(w, vecOps[op], dst, a, b)
		default:
			eachPart2(t, w, dst, a, b, slices2(vecOps[op]))
		}
		return
	case dtype.F64:
		eachPart2(t, w, dst, a, b, floats(op))
		return
	}
	if op >= opDiv {
		panic("tensor: " + name + " of a type that is not floating-point")
	}
	switch dst.dtype {
	case dtype.I64:
		eachPart2(t, w, dst, a, b, numbers[int64](op))
	case dtype.I32:
		eachPart2(t, w, dst, a, b, numbers[int32](op))
	case dtype.I16:
		eachPart2(t, w, dst, a, b, numbers[int16](op))
	case dtype.I8:
		eachPart2(t, w, dst, a, b, numbers[int8](op))
	case dtype.U64:
		eachPart2(t, w, dst, a, b, numbers[uint64](op))
	case dtype.U32:
		eachPart2(t, w, dst, a, b, numbers[uint32](op))
	case dtype.U16:
		eachPart2(t, w, dst, a, b, numbers[uint16](op))
	case dtype.U8:
		eachPart2(t, w, dst, a, b, numbers[uint8](op))
	default:
		if op != opMin && op != opMax {
			panic("tensor: " + name + " of Bool")
		}
		eachPart2(t, w, dst, a, b, numbers[uint8](op))
	}
}

func floats(op arithmeticOp) func(dst, a, b []float64) {
	switch op {
	case opDiv:
		return divRun
	case opPow:
		return powRun[float64]
	default:
		return numbers[float64](op)
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

func divRun(dst, a, b []float64) {
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
		dst[i] = T(pow(float64(a[i]), float64(b[i])))
	}
}

// pow is math.Pow, but for subnormal numbers, which need their logarithm; see [log].
func pow(x, y float64) float64 {
	if x > 0 && x < 0x1p-1022 {
		return math.Pow(x*0x1p54, y) * math.Exp2(-54*y)
	}
	return math.Pow(x, y)
}
