package vec

// Stores say where results go.
type Stores uint8

const (
	// Cached is by way of the caches.
	Cached Stores = iota
	// Past is past them where the CPU can, which is less traffic for results that are
	// needed late, as memory that is overwritten need not be read before.
	Past
	// PastUnfenced is Past for one of many short slices: the caller calls [Fence] after
	// the last, before anybody else may know of the results.
	PastUnfenced
)

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

// Slices sets dst = a op b and stores it as to says.
func (o Op) Slices(dst, a, b []float32, to Stores) {
	if len(a) != len(dst) || len(b) != len(dst) {
		panic("vec: operands are not as long as dst")
	}
	n := head(dst, to)
	binaryGeneric(o, dst[:n], a[:n], b[:n])
	n += binaryVec(o, dst[n:], a[n:], b[n:], to)
	binaryGeneric(o, dst[n:], a[n:], b[n:])
}

// Right sets dst = a op s; see [Op.Slices].
func (o Op) Right(dst, a []float32, s float32, to Stores) {
	switch o {
	case OpAdd:
		scalar(scalarAdd, dst, a, s, to)
	case OpSub:
		scalar(scalarAdd, dst, a, -s, to)
	case OpMul:
		scalar(scalarMul, dst, a, s, to)
	case OpDiv:
		scalar(scalarDiv, dst, a, s, to)
	case OpMin:
		scalar(scalarMin, dst, a, s, to)
	default:
		scalar(scalarMax, dst, a, s, to)
	}
}

// Left sets dst = s op a; see [Op.Slices].
func (o Op) Left(dst []float32, s float32, a []float32, to Stores) {
	switch o {
	case OpSub:
		scalar(scalarFrom, dst, a, s, to)
	case OpDiv:
		scalar(scalarOver, dst, a, s, to)
	default:
		o.Right(dst, a, s, to)
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

func scalar(op scalarOp, dst, a []float32, s float32, to Stores) {
	if len(a) != len(dst) {
		panic("vec: operands are not as long as dst")
	}
	n := head(dst, to)
	scalarGeneric(op, dst[:n], a[:n], s)
	n += scalarVec(op, dst[n:], a[n:], s, to)
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

// Slice sets dst = f(a) and stores it as to says.
func (f Func) Slice(dst, a []float32, to Stores) {
	if len(a) != len(dst) {
		panic("vec: operands are not as long as dst")
	}
	n := head(dst, to)
	unaryGeneric(f, dst[:n], a[:n])
	n += unaryVec(f, dst[n:], a[n:], to)
	unaryGeneric(f, dst[n:], a[n:])
}
