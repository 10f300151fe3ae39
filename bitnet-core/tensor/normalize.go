package tensor

import (
	"math"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-core/vec"
)

// Softmax sets dst = eᵃ / Σeᵃ along axis, for tensors of one shape and
// floating-point type. dst may be a. Rows are shifted by their largest element, so
// nothing overflows: -Inf gives 0, and a row with Inf or NaN, or of -Inf alone, is
// NaN. Rows of F32, F16 and BF16 are computed by [vecmath.Softmax].
func Softmax(dst, a *Tensor, axis int) {
	Threads{}.Softmax(dst, a, axis)
}

// LogSoftmax sets dst = a - log Σeᵃ along axis; see [Softmax] and
// [vecmath.LogSoftmax].
func LogSoftmax(dst, a *Tensor, axis int) {
	Threads{}.LogSoftmax(dst, a, axis)
}

func softmax(dst, x []float64) {
	top := largest(x)
	var sum float64
	for i, v := range x {
		dst[i] = math.Exp(v - top)
		sum += dst[i]
	}
	for i := range dst {
		dst[i] /= sum
	}
}

func logSoftmax(dst, x []float64) {
	top := largest(x)
	log := math.Log(sumOf(x, func(v float64) float64 { return math.Exp(v - top) }))
	for i, v := range x {
		dst[i] = v - top - log
	}
}

func largest[T float](x []T) float64 {
	top := math.Inf(-1)
	for _, v := range x {
		top = max(top, float64(v))
	}
	return top
}

// LayerNorm sets dst = (a - mean) / √(variance + eps) · gain + bias along the last
// axis, for tensors of one shape and floating-point type. gain and bias have one
// dimension, as long as a row; a nil gain is 1 and a nil bias 0. dst may be a.
//
// Source: Ba, Kiros and Hinton, "Layer Normalization", arXiv:1607.06450.
func LayerNorm(dst, a, gain, bias *Tensor, eps float64) {
	Threads{}.LayerNorm(dst, a, gain, bias, eps)
}

// LayerNorm is [LayerNorm].
func (t Threads) LayerNorm(dst, a, gain, bias *Tensor, eps float64) {
	axis := lastAxis("LayerNorm", a)
	g32, g64 := factors("LayerNorm", dst, a, gain, 1)
	b32, b64 := factors("LayerNorm", dst, a, bias, 0)
	t.eachRow("LayerNorm", dst, a, axis,
		func(dst, x []float32) {
			n := float64(len(x))
			m := vec.Sum(x) / n
			layerNorm(dst, x, g32, b32, m, vec.SumDeviations(x, m)/n+eps)
		},
		func(dst, x []float64) {
			n := float64(len(x))
			m := sumRun(x) / n
			v := sumOf(x, func(v float64) float64 { return (v - m) * (v - m) }) / n
			layerNorm(dst, x, g64, b64, m, v+eps)
		})
}

// layerNorm sets dst = (x - mean) / √variance · gain + bias.
func layerNorm[T float](dst, x, gain, bias []T, mean, variance float64) {
	scale := 1 / math.Sqrt(variance)
	dst, gain, bias = dst[:len(x)], gain[:len(x)], bias[:len(x)]
	for i, v := range x {
		dst[i] = T((float64(v)-mean)*scale*float64(gain[i]) + float64(bias[i]))
	}
}

// RMSNorm sets dst = a / √(mean(a²) + eps) · gain along the last axis; gain is as in
// [LayerNorm]. Rows of F32, F16 and BF16 are computed by [nn.RMSNorm]. dst may be a.
//
// Source: Zhang and Sennrich, "Root Mean Square Layer Normalization",
// arXiv:1910.07467.
func RMSNorm(dst, a, gain *Tensor, eps float64) { Threads{}.RMSNorm(dst, a, gain, eps) }

// RMSNorm is [RMSNorm].
func (t Threads) RMSNorm(dst, a, gain *Tensor, eps float64) {
	axis := lastAxis("RMSNorm", a)
	g32, g64 := factors("RMSNorm", dst, a, gain, 1)
	t.eachRow("RMSNorm", dst, a, axis,
		func(dst, x []float32) { nn.RMSNorm(dst, x, g32, float32(eps)) },
		func(dst, x []float64) {
			squares := sumOf(x, func(v float64) float64 { return v * v })
			scale := 1 / math.Sqrt(squares/float64(len(x))+eps)
			for i, v := range x {
				dst[i] = v * scale * g64[i]
			}
		})
}

func lastAxis(name string, a *Tensor) int {
	if len(a.shape) == 0 {
		panic("tensor: " + name + " of a scalar")
	}
	return len(a.shape) - 1
}

// factors returns a copy of the elements of g, or of a row's length of v if g is
// nil, as what a's elements are computed as.
func factors(name string, dst, a, g *Tensor, v float64) (f32 []float32, f64 []float64) {
	if !isFloat(a.dtype) {
		panic("tensor: " + name + " of a type that is not floating-point")
	}
	n := a.shape[len(a.shape)-1]
	if g == nil {
		if a.dtype == dtype.F64 {
			return nil, slices.Repeat([]float64{v}, n)
		}
		return slices.Repeat([]float32{float32(v)}, n), nil
	}
	if g.dtype != a.dtype || len(g.shape) != 1 || g.shape[0] != n {
		panic("tensor: " + name + " gain or bias is not a row of a's type")
	}
	separate(name, dst, g)
	if a.dtype == dtype.F64 {
		return nil, append(f64, newLane[float64](g, g.strides[0]).in(0, n)...)
	}
	return append(f32, newLane[float32](g, g.strides[0]).in(0, n)...), nil
}

// eachRow sets the rows of dst along axis to what the function for their type makes
// of those of a, which may be the same memory.
func (t Threads) eachRow(name string, dst, a *Tensor, axis int, f32 func(dst, x []float32), f64 func(dst, x []float64)) {
	if axis < 0 || axis >= len(a.shape) {
		panic("tensor: " + name + " axis out of range")
	}
	if dst.dtype != a.dtype {
		panic("tensor: " + name + " operand of another type than dst")
	}
	if !isFloat(a.dtype) {
		panic("tensor: " + name + " of a type that is not floating-point")
	}
	if !slices.Equal(dst.shape, a.shape) {
		panic("tensor: " + name + " dst is not of a's shape")
	}
	prepare(name, dst, a)
	if a.Len() == 0 {
		return
	}
	if a.dtype == dtype.F64 {
		rows(t, dst, a, axis, f64)
	} else {
		rows(t, dst, a, axis, f32)
	}
}
