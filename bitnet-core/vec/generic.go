package vec

import "math"

// The generic functions define what the kernels compute.

func binaryGeneric(op Op, dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	switch op {
	case OpAdd:
		for i := range dst {
			dst[i] = a[i] + b[i]
		}
	case OpSub:
		for i := range dst {
			dst[i] = a[i] - b[i]
		}
	case OpMul:
		for i := range dst {
			dst[i] = a[i] * b[i]
		}
	case OpDiv:
		for i := range dst {
			dst[i] = a[i] / b[i]
		}
	case OpMin:
		for i := range dst {
			dst[i] = min(a[i], b[i])
		}
	default:
		for i := range dst {
			dst[i] = max(a[i], b[i])
		}
	}
}

func scalarGeneric(op scalarOp, dst, a []float32, s float32) {
	a = a[:len(dst)]
	switch op {
	case scalarAdd:
		for i := range dst {
			dst[i] = a[i] + s
		}
	case scalarFrom:
		for i := range dst {
			dst[i] = s - a[i]
		}
	case scalarMul:
		for i := range dst {
			dst[i] = a[i] * s
		}
	case scalarDiv:
		for i := range dst {
			dst[i] = a[i] / s
		}
	case scalarOver:
		for i := range dst {
			dst[i] = s / a[i]
		}
	case scalarMin:
		for i := range dst {
			dst[i] = min(a[i], s)
		}
	case scalarMax:
		for i := range dst {
			dst[i] = max(a[i], s)
		}
	default:
		for i := range dst {
			dst[i] += float32(a[i] * s) // the conversion forbids to fuse
		}
	}
}

func unaryGeneric(f Func, dst, a []float32) {
	a = a[:len(dst)]
	switch f {
	case FuncAbs:
		for i := range dst {
			dst[i] = math.Float32frombits(math.Float32bits(a[i]) &^ (1 << 31))
		}
	case FuncNeg:
		for i := range dst {
			dst[i] = math.Float32frombits(math.Float32bits(a[i]) ^ 1<<31)
		}
	case FuncSqrt:
		for i := range dst {
			dst[i] = float32(math.Sqrt(float64(a[i])))
		}
	case FuncReLU:
		for i := range dst {
			dst[i] = max(a[i], 0)
		}
	default:
		for i := range dst {
			v := max(a[i], 0)
			dst[i] = v * v
		}
	}
}

// sumColumns sums f(x) in the columns of a matrix of columns, and then the upper half
// of the columns' sums to the lower until one remains. len(x) is a multiple of columns.
func sumColumns(op sumOp, x []float32, center float64) float64 {
	var sums [columns]float64
	for ; len(x) > 0; x = x[columns:] {
		for i, v := range x[:columns] {
			sums[i] += op.of(v, center)
		}
	}
	for half := columns / 2; half > 0; half /= 2 {
		for i := range half {
			sums[i] += sums[i+half]
		}
	}
	return sums[0]
}

func (o sumOp) of(x float32, center float64) float64 {
	v := float64(x)
	switch o {
	case sumPlain:
		return v
	case sumSquares:
		return v * v // exact, so that it does not matter whether it is fused
	case sumAbs:
		return math.Abs(v)
	default:
		d := v - center
		return float64(d * d)
	}
}

func extremeGeneric(larger bool, top float32, x []float32) float32 {
	if larger {
		for _, v := range x {
			top = max(top, v)
		}
		return top
	}
	for _, v := range x {
		top = min(top, v)
	}
	return top
}
