package tensor

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

func of[T Number](t require.TestingT, v []T, shape ...int) *Tensor {
	if len(shape) == 0 {
		shape = []int{len(v)}
	}
	x, err := From(memory.Heap(), v, shape...)
	require.NoError(t, err)
	return x
}

// TestSpecialValues states what NaN, Inf and -0 give where NumPy leaves it open or
// the golden file cannot tell.
func TestSpecialValues(t *testing.T) {
	zero, inf, nan := math.Copysign(0, -1), math.Inf(1), math.NaN()
	one := func(f func(dst, a *Tensor), v float64) float64 {
		dst := Scalar(dtype.F64, 1)
		f(dst, Scalar(dtype.F64, v))
		return dst.At()
	}
	two := func(f func(dst, a, b *Tensor), v, w float64) float64 {
		dst := Scalar(dtype.F64, 1)
		f(dst, Scalar(dtype.F64, v), Scalar(dtype.F64, w))
		return dst.At()
	}
	all := func(f func(dst, a *Tensor, axes ...int), v ...float64) float64 {
		dst := Scalar(dtype.F64, 1)
		f(dst, of(t, v))
		return dst.At()
	}
	norm := func(dst, a *Tensor, axes ...int) { Norm(dst, a, 2, axes...) }
	sample := func(dst, a *Tensor, axes ...int) { Var(dst, a, 1, axes...) }
	for name, c := range map[string]struct{ got, want float64 }{
		"min of 0 and -0":          {two(Min, 0, zero), zero},
		"max of -0 and 0":          {two(Max, zero, 0), 0},
		"min with NaN":             {two(Min, -inf, nan), nan},
		"relu of -0":               {one(ReLU, zero), 0},
		"relu of NaN":              {one(ReLU, nan), nan},
		"silu of -Inf":             {one(SiLU, -inf), zero},
		"gelu of -Inf":             {one(GELU, -inf), zero},
		"gelu by tanh of -Inf":     {one(GELUTanh, -inf), zero},
		"neg of 0":                 {one(Neg, 0), zero},
		"abs of -0":                {one(Abs, zero), 0},
		"sigmoid of -1000":         {one(Sigmoid, -1000), 0},
		"sum of nothing":           {all(Sum), 0},
		"sum of -0":                {all(Sum, zero, zero), 0},
		"sum of Inf and -Inf":      {all(Sum, inf, -inf), nan},
		"mean of nothing":          {all(Mean), nan},
		"variance of one sample":   {all(sample, 3), nan},
		"norm of nothing":          {all(norm), 0},
		"norm beyond float64":      {all(norm, math.Ldexp(3, 700), math.Ldexp(4, 700)), math.Ldexp(5, 700)},
		"norm below float64":       {all(norm, math.Ldexp(3, -700), math.Ldexp(4, -700)), math.Ldexp(5, -700)},
		"norm with Inf":            {all(norm, -inf, 1), inf},
		"norm with NaN":            {all(norm, nan, 1), nan},
		"logsumexp of nothing":     {all(LogSumExp), -inf},
		"logsumexp of large":       {all(LogSumExp, 1e4, 1e4), 1e4 + math.Ln2},
		"logsumexp with Inf":       {all(LogSumExp, inf, -inf), inf},
		"logsumexp with NaN":       {all(LogSumExp, inf, nan), nan},
		"largest of 0 and -0":      {all(ReduceMax, zero, 0), 0},
		"largest of -Inf and NaN":  {all(ReduceMax, -inf, nan), nan},
		"softmax, shifted":         {softmaxOf(t, 1e4, 1e4)[1], 0.5},
		"softmax with -Inf":        {softmaxOf(t, -inf, 3)[1], 1},
		"softmax of -Inf alone":    {softmaxOf(t, -inf, -inf)[0], nan},
		"softmax with Inf":         {softmaxOf(t, inf, 3)[1], nan},
		"pow of 1 and NaN":         {two(Pow, 1, nan), 1},
		"pow of a negative number": {two(Pow, -8, 0.5), nan},
	} {
		if math.IsNaN(c.want) {
			require.True(t, math.IsNaN(c.got), name)
		} else {
			require.Equal(t, math.Float64bits(c.want), math.Float64bits(c.got), "%s: %v", name, c.got)
		}
	}
}

func softmaxOf(t *testing.T, v ...float64) []float64 {
	x := of(t, v)
	Softmax(x, x, 0)
	return Values[float64](x)
}

// TestPairwise sums 2^24 times 0.1, which a plain sum in float32 has stopped
// growing at, and in float64 is wrong by 1e-3.
func TestPairwise(t *testing.T) {
	const n = 1 << 24
	sum := Scalar(dtype.F64, 0)
	Sum(sum, Scalar(dtype.F64, 0.1).BroadcastTo(n))
	require.InDelta(t, n*0.1, sum.At(), 1e-9)
	sum = Scalar(dtype.F32, 0)
	Sum(sum, Scalar(dtype.F32, 0.1).BroadcastTo(n/4, 4))
	require.Equal(t, float64(float32(n*float64(float32(0.1)))), sum.At())
}

// TestLong covers runs longer than a chunk.
func TestLong(t *testing.T) {
	const n = 3*chunk + 5
	x := of(t, make([]int32, 2*n), n, 2)
	Arange(x, 0, 1)
	odd := x.Select(1, 1)
	sum, place := Scalar(dtype.I64, 0), Scalar(dtype.I64, 0)
	Sum(sum, odd)
	ArgMax(place, odd)
	require.Equal(t, float64(n*n), sum.At())
	require.Equal(t, float64(n-1), place.At())
	Add(odd, odd, x.Select(1, 0))
	require.Equal(t, float64(4*n-3), x.At(n-1, 1))
	require.Equal(t, float64(2*n-2), x.At(n-1, 0))
}

// TestDenseColumns covers reductions that read rows of a matrix to sum its columns.
func TestDenseColumns(t *testing.T) {
	for _, d := range []dtype.DType{dtype.F32, dtype.F16, dtype.F64} {
		x, err := New(memory.Heap(), d, 2, 300, 37)
		require.NoError(t, err)
		RandomIntegers(x, rand.New(rand.NewPCG(7, 7)), -3, 4)
		sums, err := New(memory.Heap(), d, 2, 37)
		require.NoError(t, err)
		vars, err := New(memory.Heap(), d, 2, 37)
		require.NoError(t, err)
		Sum(sums, x, 1)
		Var(vars, x, 0, 1)
		for idx, v := range sums.All() {
			var sum, squares float64
			for i := range 300 {
				e := x.At(idx[0], i, idx[1])
				sum += e
				squares += e * e
			}
			require.Equal(t, sum, v)
			mean := sum / 300
			require.InEpsilon(t, squares/300-mean*mean, vars.At(idx...), 1e-3)
		}
	}
}

func TestRandomFills(t *testing.T) {
	fill := func(x *Tensor, f func(x *Tensor, r *rand.Rand)) *Tensor {
		f(x, rand.New(rand.NewPCG(11, 0)))
		return x
	}
	uniform := func(x *Tensor, r *rand.Rand) { Uniform(x, r, -1, 3) }
	normal := func(x *Tensor, r *rand.Rand) { Normal(x, r, 2, 0.5) }
	whole := func(x *Tensor, r *rand.Rand) { RandomIntegers(x, r, -2, 3) }
	x, y := of(t, make([]float32, 20000), 100, 200), of(t, make([]float32, 20000), 200, 100).Transpose(0, 1)
	for _, f := range []func(x *Tensor, r *rand.Rand){uniform, normal, whole} {
		requireClose(t, fill(x, f), fill(y, f), 0, "strides")
	}
	lowest := of(t, make([]int64, 100), 100)
	RandomIntegers(lowest, rand.New(rand.NewPCG(12, 0)), -1<<53, -1<<53+2)
	for _, v := range Values[int64](lowest) {
		require.Contains(t, []int64{-1 << 53, -1<<53 + 1}, v)
	}
	require.Panics(t, func() { RandomIntegers(lowest, rand.New(rand.NewPCG(12, 0)), 1<<53-1, 1<<53+1) })
	require.Panics(t, func() { RandomIntegers(lowest, rand.New(rand.NewPCG(12, 0)), -1<<53-1, 0) })
	stats := func() (mean, deviation, least, most float64) {
		out := [4]*Tensor{}
		for i := range out {
			out[i] = Scalar(dtype.F32, 0)
		}
		Mean(out[0], x)
		Var(out[1], x, 0)
		Sqrt(out[1], out[1])
		ReduceMin(out[2], x)
		ReduceMax(out[3], x)
		return out[0].At(), out[1].At(), out[2].At(), out[3].At()
	}
	fill(x, uniform)
	mean, deviation, least, most := stats()
	require.InDelta(t, 1, mean, 0.05)
	require.InDelta(t, 4/math.Sqrt(12), deviation, 0.05)
	require.GreaterOrEqual(t, least, -1.0)
	require.LessOrEqual(t, most, 3.0)
	fill(x, normal)
	mean, deviation, _, _ = stats()
	require.InDelta(t, 2, mean, 0.02)
	require.InDelta(t, 0.5, deviation, 0.02)
	fill(x, whole)
	_, _, least, most = stats()
	require.Equal(t, []float64{-2, 2}, []float64{least, most})
}

func TestOwnershipOfCopies(t *testing.T) {
	c := memory.NewChecked(memory.Heap())
	x, err := From(c, []int16{1, 2, 3, 4, 5, 6}, 2, 3)
	require.NoError(t, err)
	same, err := x.Compact(c)
	require.NoError(t, err)
	require.Same(t, x, same)
	turned, err := x.Transpose(0, 1).Compact(c)
	require.NoError(t, err)
	require.Equal(t, []int16{1, 4, 2, 5, 3, 6}, Values[int16](turned))
	x.Release()
	require.Equal(t, 6.0, same.At(1, 2))
	same.Release()
	turned.Release()
	require.Empty(t, c.Leaks())

	q, err := New(c, dtype.Q8_0, 2, 32)
	require.NoError(t, err)
	q.Bytes()[40] = 7
	clone, err := q.Clone(c)
	require.NoError(t, err)
	both, err := New(c, dtype.Q8_0, 2, 2, 32)
	require.NoError(t, err)
	Stack(both, 0, q, clone)
	require.Equal(t, byte(7), both.Bytes()[68+40])
	for _, x := range []*Tensor{q, clone, both} {
		x.Release()
	}
	require.Empty(t, c.Leaks())
	_, err = x.Clone(refuse{})
	require.EqualError(t, err, "tensor: I16 of shape 2×3: memory is not to be had")
}

// refuse is an allocator that has nothing.
type refuse struct{}

func (refuse) Alloc(int, int) (memory.Buffer, error) {
	return memory.Buffer{}, errNothing{}
}

type errNothing struct{}

func (errNothing) Error() string { return "memory is not to be had" }

func TestIndexErrors(t *testing.T) {
	a, dst := counting(t, 4, 3), counting(t, 2, 3)
	index := of(t, []int64{0, 4})
	require.EqualError(t, Take(dst, a, 0, index), "tensor: Take: index 4 at [1] is not in 0 to 3")
	along := of(t, []int32{0, 1, 2, 3, -1, 0}, 2, 3)
	require.EqualError(t, Gather(dst, a, 0, along), "tensor: Gather: index -1 at [1 1] is not in 0 to 3")
	require.EqualError(t, Scatter(a, 0, along, dst), "tensor: Scatter: index -1 at [1 1] is not in 0 to 3")
	require.EqualError(t, ScatterAdd(a, 0, along, dst), "tensor: ScatterAdd: index -1 at [1 1] is not in 0 to 3")
	requireClose(t, counting(t, 4, 3), a, 0, "unchanged")
	requireClose(t, counting(t, 2, 3), dst, 0, "unchanged")

	v := of(t, []int32{10, 20})
	require.NoError(t, ScatterAdd(v, 0, of(t, []int32{1, 1, 0}), of(t, []int32{1, 2, 4})))
	require.Equal(t, []int32{14, 23}, Values[int32](v))
}

func TestJoin(t *testing.T) {
	x := counting(t, 3, 4)
	dst := counting(t, 4, 3).Transpose(0, 1)
	parts := x.Split(1, 1, 0, 3)
	Concat(dst, 1, parts[2], parts[1], parts[0])
	require.Equal(t, "[[ 1.  2.  3.  0.]\n [ 5.  6.  7.  4.]\n [ 9. 10. 11.  8.]]", Sprint(dst))
	two := counting(t, 3, 2, 4)
	Stack(two, 1, x, dst)
	require.Equal(t, 8.0, two.At(2, 1, 3))
	require.Equal(t, 11.0, two.At(2, 0, 3))
}
