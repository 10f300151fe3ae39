package tensor

import (
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/vec"
)

// Exp sets dst = eᵃ. Like all functions of one tensor it broadcasts a to dst's
// shape, wants both of one floating-point type, and allows dst to be a. Functions of
// F64 are those of package math; those of F32 have the error that package vecmath
// states, at most 5 ulp, and those of F16 and BF16 are rounded from F32.
func Exp(dst, a *Tensor) { Threads{}.Exp(dst, a) }

// Log sets dst to the natural logarithm of a: -Inf of 0 and NaN of negative
// numbers; see [Exp].
func Log(dst, a *Tensor) { Threads{}.Log(dst, a) }

// Sqrt sets dst = √a: -0 of -0 and NaN of negative numbers; see [Exp].
func Sqrt(dst, a *Tensor) { Threads{}.Sqrt(dst, a) }

// Tanh sets dst = tanh a; see [Exp].
func Tanh(dst, a *Tensor) { Threads{}.Tanh(dst, a) }

// Sigmoid sets dst = 1/(1+e⁻ᵃ); see [Exp].
func Sigmoid(dst, a *Tensor) { Threads{}.Sigmoid(dst, a) }

// SiLU sets dst = a·sigmoid(a), also known as swish; see [Exp]. Of -Inf it is the
// limit, -0.
func SiLU(dst, a *Tensor) { Threads{}.SiLU(dst, a) }

// GELU sets dst = a·Φ(a) with the normal distribution's Φ; see [Exp]. Of -Inf it is
// the limit, -0.
//
// Source: Hendrycks and Gimpel, "Gaussian Error Linear Units", arXiv:1606.08415.
func GELU(dst, a *Tensor) { Threads{}.GELU(dst, a) }

// GELUTanh sets dst to the approximation of [GELU] by tanh that GPT-2 and Gemma
// were trained with: ½a·(1 + tanh(√(2/π)·(a + 0.044715a³))).
func GELUTanh(dst, a *Tensor) { Threads{}.GELUTanh(dst, a) }

// ReLU sets dst = max(a, 0), NaN of NaN; see [Exp].
func ReLU(dst, a *Tensor) { Threads{}.ReLU(dst, a) }

// ReLU2 sets dst = max(a, 0)², NaN of NaN; see [Exp]. As F16 it is Inf from 256 on.
func ReLU2(dst, a *Tensor) { Threads{}.ReLU2(dst, a) }

// log is math.Log, but for subnormal numbers: on amd64 that takes their exponent for
// the least normal one.
func log(x float64) float64 {
	if x > 0 && x < 0x1p-1022 {
		return math.Log(x*0x1p54) - 54*math.Ln2
	}
	return math.Log(x)
}

func sigmoid(x float64) float64 {
	if x < 0 { // where e⁻ˣ may be infinite
		e := math.Exp(x)
		return e / (1 + e)
	}
	return 1 / (1 + math.Exp(-x))
}

func silu(x float64) float64 {
	if math.IsInf(x, -1) {
		return math.Copysign(0, -1)
	}
	return x * sigmoid(x)
}

func gelu(x float64) float64 {
	if math.IsInf(x, -1) {
		return math.Copysign(0, -1)
	}
	return 0.5 * x * math.Erfc(-x/math.Sqrt2)
}

func geluTanh(x float64) float64 {
	if math.IsInf(x, -1) {
		return math.Copysign(0, -1)
	}
	// ½(1 + tanh u) = sigmoid(2u), which keeps its digits where tanh comes near -1.
	return x * sigmoid(2*math.Sqrt2/math.SqrtPi*(x+0.044715*x*x*x))
}

func relu(x float64) float64 { return max(x, 0) }

func relu2(x float64) float64 { return max(x, 0) * max(x, 0) }

// short sets dst = f(a) with a kernel that gives the bits of slow, rounded once.
func (t Threads) short(name string, dst, a *Tensor, f vec.Func, slow func(float64) float64) {
	if t.flat1(f, dst, a) {
		return
	}
	in := prepare(name, dst, a)
	if a.dtype != dst.dtype {
		panic("tensor: " + name + " operand of another type than dst")
	}
	a = in[0]
	w := anyOrder(dst, a)
	switch dst.dtype {
	case dtype.F32:
		t.vectors1(w, f, dst, a)
	case dtype.F16, dtype.BF16:
		eachPart1(t, w, dst, a, slices1(f))
	case dtype.F64:
		eachPart1(t, w, dst, a, functionRun[float64](slow))
	default:
		panic("tensor: " + name + " of a type that is not floating-point")
	}
}

func functionRun[T float](f func(float64) float64) func(dst, a []T) {
	return func(dst, a []T) {
		for i, x := range a {
			dst[i] = T(f(float64(x)))
		}
	}
}

// Abs sets dst = |a|, for numbers of any one type. The sign of NaN goes too, and the
// least integer stays as it is.
func Abs(dst, a *Tensor) { Threads{}.Abs(dst, a) }

// Neg sets dst = -a, for numbers of any one type. Integers wrap around, unsigned ones
// too: as U8, -1 is 255.
func Neg(dst, a *Tensor) { Threads{}.Neg(dst, a) }

// sign works on the bits of floats, so that -0 and NaN are numbers like others.
func (t Threads) sign(name string, dst, a *Tensor, abs bool) {
	f := vec.FuncNeg
	if abs {
		f = vec.FuncAbs
	}
	if t.flat1(f, dst, a) {
		return
	}
	in := prepare(name, dst, a)
	if a.dtype != dst.dtype {
		panic("tensor: " + name + " operand of another type than dst")
	}
	a = in[0]
	w := anyOrder(dst, a)
	switch dst.dtype {
	case dtype.F64:
		eachPart1(t, w, dst.as(dtype.U64), a.as(dtype.U64), signBits[uint64](1<<63, abs))
	case dtype.F32:
		t.vectors1(w, f, dst, a)
	case dtype.F16, dtype.BF16:
		eachPart1(t, w, dst.as(dtype.U16), a.as(dtype.U16), signBits[uint16](1<<15, abs))
	case dtype.I64:
		eachPart1(t, w, dst, a, signInt[int64](abs))
	case dtype.I32:
		eachPart1(t, w, dst, a, signInt[int32](abs))
	case dtype.I16:
		eachPart1(t, w, dst, a, signInt[int16](abs))
	case dtype.I8:
		eachPart1(t, w, dst, a, signInt[int8](abs))
	case dtype.U64:
		eachPart1(t, w, dst, a, signInt[uint64](abs))
	case dtype.U32:
		eachPart1(t, w, dst, a, signInt[uint32](abs))
	case dtype.U16:
		eachPart1(t, w, dst, a, signInt[uint16](abs))
	case dtype.U8:
		eachPart1(t, w, dst, a, signInt[uint8](abs))
	default:
		panic("tensor: " + name + " of Bool")
	}
}

func signBits[T unsigned](bit T, abs bool) func(dst, a []T) {
	return func(dst, a []T) {
		keep, flip := ^T(0), bit
		if abs {
			keep, flip = ^bit, 0
		}
		for i, x := range a {
			dst[i] = x&keep ^ flip
		}
	}
}

func signInt[T signed | unsigned](abs bool) func(dst, a []T) {
	return func(dst, a []T) {
		for i, x := range a {
			if abs && x >= 0 {
				dst[i] = x
			} else {
				dst[i] = -x
			}
		}
	}
}
