package vec

// An Op is an operation of two numbers, for callers that choose one at run time.
type Op uint8

// The operations; see the functions of the same names.
const (
	OpAdd Op = iota
	OpSub
	OpMul
	OpDiv
	OpMin
	OpMax
)

// Slices sets dst = a op b. With stream it stores past the caches where the CPU can.
func (o Op) Slices(dst, a, b []float32, stream bool) {
	if len(a) != len(dst) || len(b) != len(dst) {
		panic("vec: operands are not as long as dst")
	}
	n := head(dst, stream)
	binaryGeneric(o, dst[:n], a[:n], b[:n])
	n += binaryVec(o, dst[n:], a[n:], b[n:], stream)
	binaryGeneric(o, dst[n:], a[n:], b[n:])
}

// Right sets dst = a op s; see [Op.Slices].
func (o Op) Right(dst, a []float32, s float32, stream bool) {
	switch o {
	case OpAdd:
		scalar(scalarAdd, dst, a, s, stream)
	case OpSub:
		scalar(scalarAdd, dst, a, -s, stream)
	case OpMul:
		scalar(scalarMul, dst, a, s, stream)
	case OpDiv:
		scalar(scalarDiv, dst, a, s, stream)
	case OpMin:
		scalar(scalarMin, dst, a, s, stream)
	default:
		scalar(scalarMax, dst, a, s, stream)
	}
}

// Left sets dst = s op a; see [Op.Slices].
func (o Op) Left(dst []float32, s float32, a []float32, stream bool) {
	switch o {
	case OpSub:
		scalar(scalarFrom, dst, a, s, stream)
	case OpDiv:
		scalar(scalarOver, dst, a, s, stream)
	default:
		o.Right(dst, a, s, stream)
	}
}

// A scalarOp combines values a with one number s.
type scalarOp uint8

const (
	scalarAdd  scalarOp = iota // a + s
	scalarFrom                 // s - a
	scalarMul                  // a · s
	scalarDiv                  // a / s
	scalarOver                 // s / a
	scalarMin
	scalarMax
	scalarAxpy // dst + a · s
)

func scalar(op scalarOp, dst, a []float32, s float32, stream bool) {
	if len(a) != len(dst) {
		panic("vec: operands are not as long as dst")
	}
	n := head(dst, stream)
	scalarGeneric(op, dst[:n], a[:n], s)
	n += scalarVec(op, dst[n:], a[n:], s, stream)
	scalarGeneric(op, dst[n:], a[n:], s)
}

// A Func is a function of one number, for callers that choose one at run time.
type Func uint8

// The functions; see those of the same names.
const (
	FuncAbs Func = iota
	FuncNeg
	FuncSqrt
	FuncReLU
	FuncReLU2
)

// Slice sets dst = f(a). With stream it stores past the caches where the CPU can.
func (f Func) Slice(dst, a []float32, stream bool) {
	if len(a) != len(dst) {
		panic("vec: operands are not as long as dst")
	}
	n := head(dst, stream)
	unaryGeneric(f, dst[:n], a[:n])
	n += unaryVec(f, dst[n:], a[n:], stream)
	unaryGeneric(f, dst[n:], a[n:])
}
