package tensor

import (
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/vecmath"
)

// LogSumExp sets dst to log Σeᵃ over axes, for floating-point types, without
// overflow; -Inf of nothing, and Inf with Inf unless there is NaN too. For F32, F16 and
// BF16 the exponentials are those of [vecmath.LogSumExp], whose relative errors of below
// 2^-23 become absolute ones of the logarithm; F64 is computed by package math. See [Sum].
func LogSumExp(dst, a *Tensor, axes ...int) {
	Threads{}.LogSumExp(dst, a, axes...)
}

// LogSumExp is [LogSumExp].
func (t Threads) LogSumExp(dst, a *Tensor, axes ...int) {
	t.reduceFloats(newFloatReduction("LogSumExp", dst, a, axes), logSumExp32, logSumExp64)
}

// logSumExp32 puts results of chunks together, in an order that does not depend on
// threads.
func logSumExp32(x *elements[float32]) float64 {
	sum := newLogSum()
	all := x.together()
	switch {
	case all == nil:
		for run := range x.runs {
			sum.add(vecmath.LogSumExp(run))
		}
	case len(all) <= chunk:
		return vecmath.LogSumExp(all)
	default:
		parts := make([]float64, (len(all)+chunk-1)/chunk)
		x.threads.divide(len(parts), len(all), func(lo, hi int) {
			for i := lo; i < hi; i++ {
				parts[i] = vecmath.LogSumExp(all[i*chunk : min((i+1)*chunk, len(all))])
			}
		})
		for _, v := range parts {
			sum.add(v)
		}
	}
	return sum.total()
}

// A logSum is top + log sum, the logarithm of a sum of exponentials.
type logSum struct{ top, sum float64 }

func newLogSum() logSum { return logSum{top: math.Inf(-1)} }

// add adds eᵛ to what it is the logarithm of.
func (s *logSum) add(v float64) {
	switch {
	case v != v || s.top != s.top:
		s.top = math.NaN()
	case v > s.top:
		s.sum = s.sum*math.Exp(s.top-v) + 1
		s.top = v
	case !math.IsInf(s.top, 0):
		s.sum += math.Exp(v - s.top)
	}
}

func (s *logSum) total() float64 {
	if math.IsInf(s.top, 0) {
		return s.top
	}
	return s.top + math.Log(s.sum)
}

func logSumExp64(x *elements[float64]) float64 {
	top := math.Inf(-1)
	for run := range x.runs {
		for _, v := range run {
			top = max(top, v)
		}
	}
	if math.IsInf(top, 0) || math.IsNaN(top) {
		return top
	}
	return top + math.Log(sumAllOf(x, func(v float64) float64 { return math.Exp(v - top) }))
}
