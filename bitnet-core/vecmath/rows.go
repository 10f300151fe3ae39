package vecmath

import (
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// Softmax sets dst = eˣ / Σeˣ, with an error below 3 ulp. Both are of one length, and dst
// may be x. Values are shifted by the largest, so nothing overflows: -Inf gives 0, and
// with NaN or Inf, or of -Inf alone, all results are NaN. The sum is in float64.
func Softmax(dst, x []float32) {
	if len(dst) != len(x) {
		panic("vecmath: Softmax length")
	}
	if len(x) == 0 {
		return
	}
	sum := expSum(dst, x, largest(x))
	scaleBy(dst, float32(1/sum))
}

// LogSoftmax sets dst = x - log Σeˣ, with an error below 2 ulp and, for results near 0, 2^-50;
// see [Softmax].
func LogSoftmax(dst, x []float32) {
	if len(dst) != len(x) {
		panic("vecmath: LogSoftmax length")
	}
	if len(x) == 0 {
		return
	}
	top := largest(x)
	shiftBy(dst, x, top, float32(math.Log(sumExp(x, top))))
}

// LogSumExp returns log Σeˣ: -Inf of nothing, and Inf with Inf unless there is NaN too.
func LogSumExp(x []float32) float64 {
	if len(x) == 0 {
		return math.Inf(-1)
	}
	top := largest(x)
	if !math.IsInf(float64(top), 0) {
		return float64(top) + math.Log(sumExp(x, top))
	}
	for _, v := range x {
		if v != v {
			return float64(v)
		}
	}
	return float64(top)
}

// largest returns the largest of x. With NaNs it may return anything that is in x.
func largest(x []float32) float32 {
	var lanes [group]float32
	for i := range lanes {
		lanes[i] = float32(math.Inf(-1))
	}
	n := 0
	if kernels.level != simd.Generic {
		if n = len(x) / group * group; n > 0 {
			topVec(&x[0], n, &lanes)
		}
	}
	top := lanes[0]
	for _, v := range lanes[1:] {
		top = max(top, v)
	}
	for _, v := range x[n:] {
		top = max(top, v)
	}
	return top
}

// expSum sets dst = exp(x-top) and returns the sum: that of 16 lanes, which take the
// values in turn, and then of the halves of those.
func expSum(dst, x []float32, top float32) float64 {
	var lanes [group]float64
	if kernels.level == simd.Generic {
		for i, v := range x {
			dst[i] = expFrom(v, top)
			lanes[i%group] += float64(dst[i])
		}
		return total(&lanes)
	}
	n := len(x) / group * group
	if n > 0 {
		expSumVec(&dst[0], &x[0], n, top, &lanes)
	}
	if n < len(x) {
		tail := lastValues(x[n:])
		expSumVec(&tail[0], &tail[0], group, top, &lanes)
		copy(dst[n:], tail[:])
	}
	return total(&lanes)
}

// sumExp is expSum that keeps the sum alone.
func sumExp(x []float32, top float32) float64 {
	var lanes [group]float64
	if kernels.level == simd.Generic {
		for i, v := range x {
			lanes[i%group] += float64(expFrom(v, top))
		}
		return total(&lanes)
	}
	n := len(x) / group * group
	if n > 0 {
		sumExpVec(&x[0], n, top, &lanes)
	}
	if n < len(x) {
		tail := lastValues(x[n:])
		sumExpVec(&tail[0], group, top, &lanes)
	}
	return total(&lanes)
}

// lastValues fills a group up with values that are nothing to a sum of exponentials.
func lastValues(x []float32) (tail [group]float32) {
	for i := copy(tail[:], x); i < group; i++ {
		tail[i] = float32(math.Inf(-1))
	}
	return tail
}

func total(lanes *[group]float64) float64 {
	for n := group / 2; n > 0; n /= 2 {
		for i := range n {
			lanes[i] += lanes[i+n]
		}
	}
	return lanes[0]
}

// scaleBy sets x = x·a.
func scaleBy(x []float32, a float32) {
	n := 0
	if kernels.level != simd.Generic {
		if n = len(x) / group * group; n > 0 {
			scaleVec(&x[0], &x[0], n, a)
		}
	}
	for i := n; i < len(x); i++ {
		x[i] *= a
	}
}

// shiftBy sets dst = (x - a) - b.
func shiftBy(dst, x []float32, a, b float32) {
	n := 0
	if kernels.level != simd.Generic {
		if n = len(x) / group * group; n > 0 {
			shiftVec(&dst[0], &x[0], n, a, b)
		}
	}
	for i := n; i < len(x); i++ {
		dst[i] = (x[i] - a) - b
	}
}
