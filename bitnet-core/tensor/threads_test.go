package tensor

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-core/vec"
)

// TestThreads requires of tensors that are divided the bits of one thread's results, and
// that nothing of dst is left out.
func TestThreads(t *testing.T) {
	pool := parallel.New(3)
	defer pool.Close()
	one, many := Threads{}, On(pool)
	check := func(name string, d dtype.DType, shape []int, f func(on Threads, dst *Tensor)) {
		t.Helper()
		var got [2]*Tensor
		for i, on := range []Threads{one, many} {
			x, err := New(memory.Heap(), d, shape...)
			require.NoError(t, err)
			Fill(x, 99)
			f(on, x)
			got[i] = x
		}
		require.Equal(t, got[0].Bytes(), got[1].Bytes(), "%s to %v %v", name, d, shape)
	}
	for _, d := range []dtype.DType{dtype.F32, dtype.F16, dtype.F64, dtype.I32} {
		x, y := random(t, dtype.F32, 521, 523), random(t, dtype.F32, 521, 523)
		if d != dtype.F32 {
			x, y = integers(t, d, 521, 523), integers(t, d, 521, 523)
		}
		row, column := y.Select(0, 3), y.Slice(1, 5, 6)
		whole := []int{521, 523}
		for name, f := range map[string]func(on Threads, dst, a, b *Tensor){
			"Add": Threads.Add, "Sub": Threads.Sub, "Mul": Threads.Mul, "Max": Threads.Max, "Min": Threads.Min,
		} {
			check(name, d, whole, func(on Threads, dst *Tensor) { f(on, dst, x, y) })
			check(name+" row", d, whole, func(on Threads, dst *Tensor) { f(on, dst, x, row) })
			check(name+" column", d, whole, func(on Threads, dst *Tensor) { f(on, dst, column, x) })
			check(name+" transposed", d, []int{523, 521}, func(on Threads, dst *Tensor) { f(on, dst, x.Transpose(0, 1), y.Transpose(0, 1)) })
		}
		check("Neg", d, whole, func(on Threads, dst *Tensor) { on.Neg(dst, x) })
		check("Abs", d, whole, func(on Threads, dst *Tensor) { on.Abs(dst, x) })
		sums := d
		if d == dtype.I32 {
			sums = dtype.I64
		} else {
			check("Sqrt", d, whole, func(on Threads, dst *Tensor) { on.Sqrt(dst, x) })
			check("Exp", d, whole, func(on Threads, dst *Tensor) { on.Exp(dst, x) })
			check("GELU transposed", d, []int{523, 521}, func(on Threads, dst *Tensor) { on.GELU(dst, x.Transpose(0, 1)) })
			for axis := range whole {
				check("Softmax", d, whole, func(on Threads, dst *Tensor) { on.Softmax(dst, x, axis) })
				check("LogSoftmax", d, whole, func(on Threads, dst *Tensor) { on.LogSoftmax(dst, x, axis) })
			}
			check("LayerNorm", d, whole, func(on Threads, dst *Tensor) { on.LayerNorm(dst, x, nil, nil, 1e-5) })
			check("RMSNorm", d, whole, func(on Threads, dst *Tensor) { on.RMSNorm(dst, x, nil, 1e-5) })
			check("ReLU2", d, whole, func(on Threads, dst *Tensor) { on.ReLU2(dst, x) })
			check("Div", d, whole, func(on Threads, dst *Tensor) { on.Div(dst, column, row) })
			if d == dtype.F32 {
				check("Pow", d, whole, func(on Threads, dst *Tensor) { on.Pow(dst, x, x) })
			}
		}
		for _, r := range []struct {
			shape []int
			axes  []int
		}{{[]int{}, nil}, {[]int{521}, []int{1}}, {[]int{523}, []int{0}}} {
			check("Sum", sums, r.shape, func(on Threads, dst *Tensor) { on.Sum(dst, x, r.axes...) })
			check("ReduceMax", d, r.shape, func(on Threads, dst *Tensor) { on.ReduceMax(dst, x, r.axes...) })
			check("ReduceMin", d, r.shape, func(on Threads, dst *Tensor) { on.ReduceMin(dst, x, r.axes...) })
			check("ArgMax", dtype.I64, r.shape, func(on Threads, dst *Tensor) { on.ArgMax(dst, x, r.axes...) })
			check("ArgMin", dtype.I64, r.shape, func(on Threads, dst *Tensor) { on.ArgMin(dst, x, r.axes...) })
			if d == dtype.I32 {
				continue
			}
			check("Mean", d, r.shape, func(on Threads, dst *Tensor) { on.Mean(dst, x, r.axes...) })
			check("Var", d, r.shape, func(on Threads, dst *Tensor) { on.Var(dst, x, 1, r.axes...) })
			if d == dtype.F32 {
				check("LogSumExp", d, r.shape, func(on Threads, dst *Tensor) { on.LogSumExp(dst, x, r.axes...) })
			}
			for _, p := range []float64{1, 2, math.Inf(1)} {
				check("Norm", d, r.shape, func(on Threads, dst *Tensor) { on.Norm(dst, x, p, r.axes...) })
			}
		}
	}
}

// TestThreadsDownColumns covers the ways of dividing what goes down columns, in part
// with runs of results that begin in the middle of a row of them.
func TestThreadsDownColumns(t *testing.T) {
	pool := parallel.New(3)
	defer pool.Close()
	for _, shape := range [][]int{{1, 1600, 200}, {1, 1031, 1100}, {5, 1100, 90}, {1, 100, 5000}, {40, 100, 70}, {3, 40, 2500}} {
		x := random(t, dtype.F32, shape...)
		for name, f := range map[string]func(on Threads, dst, a *Tensor, axes ...int){
			"Sum": Threads.Sum, "Mean": Threads.Mean, "ReduceMax": Threads.ReduceMax, "ReduceMin": Threads.ReduceMin,
		} {
			want, got, rows := random(t, dtype.F32, shape[0], shape[2]), random(t, dtype.F32, shape[0], shape[2]), random(t, dtype.F32, shape[0], shape[2])
			f(Threads{}, want, x, 1)
			f(On(pool), got, x, 1)
			require.Equal(t, want.Bytes(), got.Bytes(), "%s of %v", name, shape)
			turned, err := x.Transpose(1, 2).Clone(memory.Heap())
			require.NoError(t, err)
			f(On(pool), rows, turned, 2)
			requireClose(t, rows, want, 1, "%s of %v, by rows", name, shape)
		}
	}
}

func integers(t *testing.T, d dtype.DType, shape ...int) *Tensor {
	x, err := New(memory.Heap(), d, shape...)
	require.NoError(t, err)
	RandomIntegers(x, rand.New(rand.NewPCG(9, 9)), -1000, 1000)
	return x
}

// TestDivided covers places that a division between threads could get wrong: an extreme
// in each part, the first NaN of several, and results past the caches.
func TestDivided(t *testing.T) {
	pool := parallel.New(2)
	defer pool.Close()
	const n = vec.StreamFrom + 1234
	x, dst := of(t, make([]float32, n)), of(t, make([]float32, n))
	all := Values[float32](x)
	Fill(x, 1)
	at := Scalar(dtype.I64, 0)
	for i := n - 1; i > 0; i -= 300_001 {
		all[i] = 2
		On(pool).ArgMax(at, x)
		require.Equal(t, float64(i), at.At())
	}
	for i := n - 5; i > 0; i -= 700_001 {
		all[i] = float32(math.NaN())
		On(pool).ArgMin(at, x)
		require.Equal(t, float64(i), at.At())
	}
	for i := range all {
		all[i] = float32(i % 1000)
	}
	for _, on := range []Threads{On(nil), On(pool)} {
		Fill(dst, 7)
		on.Add(dst, x, x)
		for i, v := range Values[float32](dst) {
			if v != float32(2*(i%1000)) {
				t.Fatalf("%v at %d", v, i)
			}
		}
		on.ReLU(dst, dst)
		sum := Scalar(dtype.F32, 0)
		on.Sum(sum, dst)
		require.InEpsilon(t, 999.0*n, sum.At(), 1e-3)
	}
}

// TestShortRows covers runs that begin in the middle of a walk of three dimensions.
func TestShortRows(t *testing.T) {
	w := walk{shape: []int{3, 4, 5}, strides: [][]int{{100, 10, 1}, {0, 1, 0}}}
	at := func(i int) [2]int { return [2]int{i/20*100 + i/5%4*10 + i%5, i / 5 % 4} }
	for lo := range 61 {
		for hi := lo; hi <= 60; hi++ {
			for _, longest := range []int{2, 100} {
				i := lo
				for pos, n := range w.part(lo, hi, longest) {
					require.True(t, n > 0 && n <= longest)
					require.Equal(t, at(i), [2]int(pos))
					require.Equal(t, i/5, (i+n-1)/5)
					i += n
				}
				require.Equal(t, hi, i)
			}
		}
	}
}

// TestReduceNothing covers views without elements whose results lie far apart in what
// they are views of.
func TestReduceNothing(t *testing.T) {
	pool := parallel.New(2)
	defer pool.Close()
	for _, d := range []dtype.DType{dtype.F32, dtype.F16, dtype.F64} {
		x := random(t, dtype.F32, 3, 2*columnsWide)
		if d != dtype.F32 {
			x = integers(t, d, 3, 2*columnsWide)
		}
		for _, on := range []Threads{{}, On(pool)} {
			for axis := range 2 {
				for _, a := range []*Tensor{x.Slice(axis, 1, 1), x.Transpose(0, 1).Slice(axis, 1, 1)} {
					dst, err := New(memory.Heap(), d, a.shape.Reduce(false, axis)...)
					require.NoError(t, err)
					for _, c := range []struct {
						want float64
						f    func()
					}{
						{0, func() { on.Sum(dst, a, axis) }},
						{math.NaN(), func() { on.Mean(dst, a, axis) }},
						{math.NaN(), func() { on.Var(dst, a, 0, axis) }},
						{0, func() { on.Norm(dst, a, 1, axis) }},
						{0, func() { on.Norm(dst, a, 2, axis) }},
						{math.Inf(-1), func() { on.LogSumExp(dst, a, axis) }},
					} {
						Fill(dst, 7)
						c.f()
						for _, v := range inRowMajor(dst) {
							if v != c.want && (v == v || c.want == c.want) {
								t.Fatalf("%v of %v along %d: got %v, want %v", d, a.shape, axis, v, c.want)
							}
						}
					}
				}
			}
		}
	}
}
