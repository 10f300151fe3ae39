package tensor

import (
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/vec"
)

// sum32 returns a reduction by f, which sums a slice up. Elements that lie together are
// summed in parts at fixed places, so that it does not matter how many threads do it.
func sum32(f func(x []float32) float64) func(x *elements[float32]) float64 {
	return func(x *elements[float32]) float64 {
		all := x.together()
		if all != nil && (x.threads.pool == nil || len(all) < large) {
			return f(all)
		}
		var p vec.Pairwise
		if all == nil {
			for run := range x.runs {
				p.Add(f(run))
			}
			return p.Total()
		}
		for _, s := range parts32(x.threads, all, f) {
			p.Add(s)
		}
		return p.Total()
	}
}

// parts32 calls f for the parts of x, grain elements each but for the last.
func parts32[R any](t Threads, x []float32, f func(x []float32) R) []R {
	out := make([]R, (len(x)+grain-1)/grain)
	t.divide(len(out), len(x), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			out[i] = f(x[i*grain : min((i+1)*grain, len(x))])
		}
	})
	return out
}

func mean32(x *elements[float32]) float64 { return sum32(vec.Sum)(x) / float64(x.count()) }

func variance32(correction int) func(x *elements[float32]) float64 {
	return func(x *elements[float32]) float64 {
		n := x.count() - correction
		if n <= 0 {
			return math.NaN()
		}
		m := mean32(x)
		return sum32(func(x []float32) float64 { return vec.SumDeviations(x, m) })(x) / float64(n)
	}
}

func norm32(p float64) func(x *elements[float32]) float64 {
	switch p {
	case 1:
		return sum32(vec.SumAbs)
	case 2: // squares of float32 neither overflow nor underflow in float64
		return func(x *elements[float32]) float64 { return math.Sqrt(sum32(vec.SumSquares)(x)) }
	}
	return norm[float32](p)
}

// extreme32 is extremeFunc for float32.
func extreme32(largest bool) func(x *elements[float32]) float32 {
	f, two := vec.Smallest, func(a, b float32) float32 { return min(a, b) }
	if largest {
		f, two = vec.Largest, func(a, b float32) float32 { return max(a, b) }
	}
	return func(x *elements[float32]) float32 {
		all := x.together()
		if all != nil && (x.threads.pool == nil || len(all) < large) {
			return f(all)
		}
		if all != nil {
			return f(parts32(x.threads, all, f))
		}
		var top float32
		first := true
		for run := range x.runs {
			v := f(run)
			if !first {
				v = two(top, v)
			}
			top, first = v, false
		}
		return top
	}
}

// arg32 is arg for float32.
func arg32(sign int) func(x *elements[float32]) int64 {
	f := vec.ArgMax
	if sign < 0 {
		f = vec.ArgMin
	}
	plain := arg[float32](sign)
	return func(x *elements[float32]) int64 {
		all := x.together()
		switch {
		case all == nil:
			return plain(x)
		case x.threads.pool == nil || len(all) < large:
			return int64(f(all))
		}
		places := parts32(x.threads, all, f)
		tops := make([]float32, len(places))
		for i, at := range places {
			tops[i] = all[i*grain+at]
		}
		i := f(tops)
		return int64(i*grain + places[i])
	}
}
