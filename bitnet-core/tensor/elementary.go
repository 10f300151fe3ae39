package tensor

import (
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/vecmath"
)

// Exp is [Exp].
func (t Threads) Exp(dst, a *Tensor) { t.elementary("Exp", dst, a, vecmath.Exp, math.Exp) }

// Log is [Log].
func (t Threads) Log(dst, a *Tensor) { t.elementary("Log", dst, a, vecmath.Log, log) }

// Tanh is [Tanh].
func (t Threads) Tanh(dst, a *Tensor) { t.elementary("Tanh", dst, a, vecmath.Tanh, math.Tanh) }

// Sigmoid is [Sigmoid].
func (t Threads) Sigmoid(dst, a *Tensor) { t.elementary("Sigmoid", dst, a, vecmath.Sigmoid, sigmoid) }

// SiLU is [SiLU].
func (t Threads) SiLU(dst, a *Tensor) { t.elementary("SiLU", dst, a, vecmath.SiLU, silu) }

// GELU is [GELU].
func (t Threads) GELU(dst, a *Tensor) { t.elementary("GELU", dst, a, vecmath.GELU, gelu) }

// GELUTanh is [GELUTanh].
func (t Threads) GELUTanh(dst, a *Tensor) {
	t.elementary("GELUTanh", dst, a, vecmath.GELUTanh, geluTanh)
}

// Softmax is [Softmax]. Rows are divided between threads, but not each row.
func (t Threads) Softmax(dst, a *Tensor, axis int) {
	t.eachRow("Softmax", dst, a, axis, vecmath.Softmax, softmax)
}

// LogSoftmax is [LogSoftmax]. Rows are divided between threads, but not each row.
func (t Threads) LogSoftmax(dst, a *Tensor, axis int) {
	t.eachRow("LogSoftmax", dst, a, axis, vecmath.LogSoftmax, logSoftmax)
}

// elementary sets dst = f(a), by f32 for what is computed in float32 and by f64 for F64.
// Contiguous F32 tensors of one shape need no walk.
func (t Threads) elementary(name string, dst, a *Tensor, f32 func(dst, x []float32), f64 func(float64) float64) {
	if y, x := dst.flat(dst), a.flat(dst); len(y) > 0 && x != nil && apart(y, x) {
		if t.pool == nil || len(y) < large {
			f32(y, x)
			return
		}
		t.divide(len(y), len(y), func(lo, hi int) { f32(y[lo:hi], x[lo:hi]) })
		return
	}
	in := prepare(name, dst, a)
	if a.dtype != dst.dtype {
		panic("tensor: " + name + " operand of another type than dst")
	}
	a = in[0]
	w := anyOrder(dst, a)
	switch dst.dtype {
	case dtype.F32, dtype.F16, dtype.BF16:
		eachPart1(t, w, dst, a, f32)
	case dtype.F64:
		eachPart1(t, w, dst, a, functionRun[float64](f64))
	default:
		panic("tensor: " + name + " of a type that is not floating-point")
	}
}
