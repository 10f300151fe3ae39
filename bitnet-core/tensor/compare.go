package tensor

import "github.com/bitnet-go/bitnet/bitnet-core/dtype"

// Equal sets dst, which is Bool, to a = b for two tensors of one type, broadcast to
// dst's shape. NaN equals nothing and -0 equals 0.
func Equal(dst, a, b *Tensor) { compare("Equal", opEqual, dst, a, b) }

// NotEqual sets dst to a ≠ b, true of NaN; see [Equal].
func NotEqual(dst, a, b *Tensor) { compare("NotEqual", opNotEqual, dst, a, b) }

// Less sets dst to a < b, false of NaN; see [Equal].
func Less(dst, a, b *Tensor) { compare("Less", opLess, dst, a, b) }

// LessEqual sets dst to a ≤ b, false of NaN; see [Equal].
func LessEqual(dst, a, b *Tensor) { compare("LessEqual", opLessEqual, dst, a, b) }

// Greater sets dst to a > b, false of NaN; see [Equal].
func Greater(dst, a, b *Tensor) { compare("Greater", opLess, dst, b, a) }

// GreaterEqual sets dst to a ≥ b, false of NaN; see [Equal].
func GreaterEqual(dst, a, b *Tensor) { compare("GreaterEqual", opLessEqual, dst, b, a) }

type compareOp uint8

const (
	opEqual compareOp = iota
	opNotEqual
	opLess
	opLessEqual
)

func compare(name string, op compareOp, dst, a, b *Tensor) {
	in := prepare(name, dst, a, b)
	if dst.dtype != dtype.Bool {
		panic("tensor: " + name + " dst is not Bool")
	}
	if a.dtype != b.dtype {
		panic("tensor: " + name + " operands of different types")
	}
	a, b = in[0], in[1]
	switch a.dtype {
	case dtype.F64:
		each2(dst, a, b, compareRun[float64](op))
	case dtype.F32, dtype.F16, dtype.BF16:
		each2(dst, a, b, compareRun[float32](op))
	case dtype.I64:
		each2(dst, a, b, compareRun[int64](op))
	case dtype.I32:
		each2(dst, a, b, compareRun[int32](op))
	case dtype.I16:
		each2(dst, a, b, compareRun[int16](op))
	case dtype.I8:
		each2(dst, a, b, compareRun[int8](op))
	case dtype.U64:
		each2(dst, a, b, compareRun[uint64](op))
	case dtype.U32:
		each2(dst, a, b, compareRun[uint32](op))
	case dtype.U16:
		each2(dst, a, b, compareRun[uint16](op))
	default: // U8, Bool
		each2(dst, a, b, compareRun[uint8](op))
	}
}

func compareRun[T Number](op compareOp) func(dst []uint8, a, b []T) {
	switch op {
	case opEqual:
		return func(dst []uint8, a, b []T) {
			for i, x := range a {
				dst[i] = truth(x == b[i])
			}
		}
	case opNotEqual:
		return func(dst []uint8, a, b []T) {
			for i, x := range a {
				dst[i] = truth(x != b[i])
			}
		}
	case opLess:
		return func(dst []uint8, a, b []T) {
			for i, x := range a {
				dst[i] = truth(x < b[i])
			}
		}
	default:
		return func(dst []uint8, a, b []T) {
			for i, x := range a {
				dst[i] = truth(x <= b[i])
			}
		}
	}
}

func truth(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}
