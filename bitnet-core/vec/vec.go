package vec

// StreamFrom is from how many values on results are stored past the caches: 8 MiB, which
// with one or two operands as large leave little of common CPUs' last-level cache.
const StreamFrom = 2 << 20

func stores(dst []float32, from ...[]float32) Stores {
	if len(dst) < StreamFrom {
		return Cached
	}
	for _, a := range from {
		if len(a) == 0 || &dst[0] == &a[0] {
			return Cached
		}
	}
	return Past
}

// Add sets dst = a + b.
func Add(dst, a, b []float32) { OpAdd.Slices(dst, a, b, stores(dst, a, b)) }

// Sub sets dst = a - b.
func Sub(dst, a, b []float32) { OpSub.Slices(dst, a, b, stores(dst, a, b)) }

// Mul sets dst = a · b.
func Mul(dst, a, b []float32) { OpMul.Slices(dst, a, b, stores(dst, a, b)) }

// Div sets dst = a / b.
func Div(dst, a, b []float32) { OpDiv.Slices(dst, a, b, stores(dst, a, b)) }

// Min sets dst to the smaller of a and b, NaN if one is NaN; -0 is smaller than 0.
func Min(dst, a, b []float32) { OpMin.Slices(dst, a, b, stores(dst, a, b)) }

// Max sets dst to the larger of a and b, NaN if one is NaN; 0 is larger than -0.
func Max(dst, a, b []float32) { OpMax.Slices(dst, a, b, stores(dst, a, b)) }

// AddScalar sets dst = a + s.
func AddScalar(dst, a []float32, s float32) { OpAdd.Right(dst, a, s, stores(dst, a)) }

// SubScalar sets dst = a - s.
func SubScalar(dst, a []float32, s float32) { OpSub.Right(dst, a, s, stores(dst, a)) }

// ScalarSub sets dst = s - a.
func ScalarSub(dst []float32, s float32, a []float32) { OpSub.Left(dst, s, a, stores(dst, a)) }

// Scale sets dst = a · s.
func Scale(dst, a []float32, s float32) { OpMul.Right(dst, a, s, stores(dst, a)) }

// DivScalar sets dst = a / s.
func DivScalar(dst, a []float32, s float32) { OpDiv.Right(dst, a, s, stores(dst, a)) }

// ScalarDiv sets dst = s / a.
func ScalarDiv(dst []float32, s float32, a []float32) { OpDiv.Left(dst, s, a, stores(dst, a)) }

// MinScalar sets dst to the smaller of a and s; see [Min].
func MinScalar(dst, a []float32, s float32) { OpMin.Right(dst, a, s, stores(dst, a)) }

// MaxScalar sets dst to the larger of a and s; see [Max].
func MaxScalar(dst, a []float32, s float32) { OpMax.Right(dst, a, s, stores(dst, a)) }

// Axpy sets dst = dst + s·a, the product rounded first.
func Axpy(dst []float32, s float32, a []float32) { scalar(scalarAxpy, dst, a, s, Cached) }

// Abs sets dst = |a|. The sign of NaN goes too.
func Abs(dst, a []float32) { FuncAbs.Slice(dst, a, stores(dst, a)) }

// Neg sets dst = -a, that of NaN too.
func Neg(dst, a []float32) { FuncNeg.Slice(dst, a, stores(dst, a)) }

// Sqrt sets dst = √a: -0 of -0, and NaN of negative numbers.
func Sqrt(dst, a []float32) { FuncSqrt.Slice(dst, a, stores(dst, a)) }

// ReLU sets dst = max(a, 0), NaN of NaN.
func ReLU(dst, a []float32) { FuncReLU.Slice(dst, a, stores(dst, a)) }

// ReLU2 sets dst = max(a, 0)², NaN of NaN.
func ReLU2(dst, a []float32) { FuncReLU2.Slice(dst, a, stores(dst, a)) }
