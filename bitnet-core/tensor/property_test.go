package tensor

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// drawView returns a view, strided at random, of new memory of type d with random
// elements of which many are special.
func drawView(t *rapid.T, d dtype.DType, shape []int) *Tensor {
	order := rapid.Permutation(upTo(len(shape))).Draw(t, "order")
	large, low, step := make([]int, len(shape)), make([]int, len(shape)), make([]int, len(shape))
	for i, o := range order {
		low[i] = rapid.IntRange(0, 1).Draw(t, "before")
		step[i] = rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(t, "step")
		large[i] = shape[o]*step[i] + low[i] + rapid.IntRange(0, 1).Draw(t, "after")
	}
	x, err := New(memory.NewChecked(memory.Heap()), d, large...)
	require.NoError(t, err)
	choice := []float64{0, 1, 2, 3, 100, 7, 5}
	if isFloat(d) {
		choice = append(choice, math.Copysign(0, -1), -1.5, math.Inf(1), math.Inf(-1), math.NaN(), 1e-6, -3, 0.1)
	}
	for idx := range x.Shape().Indices() {
		x.Set(rapid.SampledFrom(choice).Draw(t, "element"), idx...)
	}
	back := make([]int, len(shape))
	for i, o := range order {
		x = x.Slice(i, low[i], low[i]+shape[o]*step[i]).Step(i, step[i])
		back[o] = i
	}
	return x.Permute(back...)
}

func upTo(n int) []int {
	var s []int
	for i := range n {
		s = append(s, i)
	}
	return s
}

func drawShape(t *rapid.T) []int {
	return rapid.SliceOfN(rapid.IntRange(0, 4), 0, 4).Draw(t, "shape")
}

// drawOperandShape returns a shape that broadcasts to another.
func drawOperandShape(t *rapid.T, shape []int) []int {
	s := slices.Clone(shape[rapid.IntRange(0, len(shape)).Draw(t, "drop"):])
	for i := range s {
		if rapid.IntRange(0, 3).Draw(t, "one") == 0 {
			s[i] = 1
		}
	}
	return s
}

var plainTypes = []dtype.DType{
	dtype.F64, dtype.F32, dtype.F16, dtype.BF16, dtype.I64, dtype.I32, dtype.I16, dtype.I8,
	dtype.U64, dtype.U32, dtype.U16, dtype.U8,
}

// rounded returns v as an element of type d holds it.
func rounded(d dtype.DType, v float64) float64 {
	switch d {
	case dtype.I8:
		return float64(int8(int64(v)))
	case dtype.U8:
		return float64(uint8(int64(v)))
	case dtype.U16:
		return float64(uint16(int64(v)))
	case dtype.U32:
		return float64(uint32(int64(v)))
	case dtype.U64:
		return float64(uint64(int64(v)))
	}
	return Scalar(d, v).At()
}

// at returns the element of x that broadcasting pairs with idx.
func at(x *Tensor, idx []int) float64 {
	idx = slices.Clone(idx[len(idx)-len(x.Shape()):])
	for d, n := range x.Shape() {
		if n == 1 {
			idx[d] = 0
		}
	}
	return x.At(idx...)
}

func requireSame(t *rapid.T, want, got float64, idx []int) {
	if math.IsNaN(want) && math.IsNaN(got) {
		return
	}
	require.Equal(t, math.Float64bits(want), math.Float64bits(got), "%v: want %v, got %v", idx, want, got)
}

// TestElementwiseProperty compares operations on views, broadcast at random, with
// arithmetic on one element after the other, for every type.
func TestElementwiseProperty(t *testing.T) {
	ops := map[string]struct {
		f func(dst, a, b *Tensor)
		g func(a, b float64) float64
	}{
		"Add": {Add, func(a, b float64) float64 { return a + b }},
		"Sub": {Sub, func(a, b float64) float64 { return a - b }},
		"Mul": {Mul, func(a, b float64) float64 { return a * b }},
		"Min": {Min, func(a, b float64) float64 { return min(a, b) }},
		"Max": {Max, func(a, b float64) float64 { return max(a, b) }},
	}
	names := []string{"Add", "Sub", "Mul", "Min", "Max"}
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom(plainTypes).Draw(t, "type")
		op := ops[rapid.SampledFrom(names).Draw(t, "op")]
		shape := drawShape(t)
		dst := drawView(t, d, shape)
		a, b := drawView(t, d, drawOperandShape(t, shape)), drawView(t, d, drawOperandShape(t, shape))
		if rapid.Bool().Draw(t, "in place") {
			a = dst
		}
		want := []float64{}
		for idx := range dst.Shape().Indices() {
			x, y := at(a, idx), at(b, idx)
			v := op.g(x, y)
			if d == dtype.F16 || d == dtype.BF16 {
				v = float64(float32(v)) // what they are computed in
			}
			want = append(want, rounded(d, v))
		}
		op.f(dst, a, b)
		i := 0
		for idx, v := range dst.All() {
			if isFloat(d) {
				requireSame(t, want[i], v, idx)
			} else {
				require.Equal(t, want[i], v, idx)
			}
			i++
		}
		require.Equal(t, dst.Len(), i)
	})
}

// TestReduceProperty compares sums, extremes and their places with loops over
// indices.
func TestReduceProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(1, 4), 0, 4).Draw(t, "shape")
		a := drawView(t, dtype.F32, shape)
		var axes []int
		if len(shape) > 0 {
			axes = rapid.SliceOfNDistinct(rapid.IntRange(0, len(shape)-1), 0, len(shape), rapid.ID[int]).Draw(t, "axes")
		}
		keep := rapid.Bool().Draw(t, "keep")
		out := Shape(shape).Reduce(keep, axes...)
		dst, where := drawView(t, dtype.F32, out), drawView(t, dtype.I64, out)
		groups := map[string][]float64{}
		key := func(idx []int) string {
			k := Shape{}
			for d, i := range idx {
				if len(axes) > 0 && !slices.Contains(axes, d) {
					k = append(k, i)
				}
			}
			return k.String()
		}
		for idx, v := range a.All() {
			groups[key(idx)] = append(groups[key(idx)], v)
		}
		group := func(idx []int) []float64 {
			full := slices.Clone(idx)
			if !keep {
				for d := range shape {
					if len(axes) == 0 || slices.Contains(axes, d) {
						full = slices.Insert(full, d, 0)
					}
				}
			}
			return groups[key(full)]
		}
		Sum(dst, a, axes...)
		for idx, v := range dst.All() {
			var sum float64
			for _, x := range group(idx) {
				sum += x
			}
			if sum != v && !math.IsNaN(sum) {
				require.InEpsilon(t, sum, v, 1e-5, idx)
			}
			require.Equal(t, math.IsNaN(sum), math.IsNaN(v), idx)
		}
		ReduceMin(dst, a, axes...)
		ArgMin(where, a, axes...)
		for idx, v := range dst.All() {
			x := group(idx)
			least, place := x[0], 0
			for i, y := range x {
				least = min(least, y)
				if !math.IsNaN(x[place]) && (y < x[place] || math.IsNaN(y)) {
					place = i
				}
			}
			requireSame(t, least, v, idx)
			require.Equal(t, float64(place), where.At(idx...))
		}
	})
}

// TestGatherProperty checks the definitions of Gather, Scatter and Take.
func TestGatherProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(1, 4), 1, 3).Draw(t, "shape")
		axis := rapid.IntRange(0, len(shape)-1).Draw(t, "axis")
		d := rapid.SampledFrom(plainTypes).Draw(t, "type")
		part := slices.Clone(shape)
		part[axis] = rapid.IntRange(0, 5).Draw(t, "length")
		draw := func(of []int) *Tensor {
			index := drawView(t, rapid.SampledFrom([]dtype.DType{dtype.I32, dtype.I64}).Draw(t, "index type"), of)
			for idx := range index.Shape().Indices() {
				index.Set(float64(rapid.IntRange(0, shape[axis]-1).Draw(t, "index")), idx...)
			}
			return index
		}
		index := draw(part)
		a, dst := drawView(t, d, shape), drawView(t, d, part)
		require.NoError(t, Gather(dst, a, axis, index))
		for idx, v := range dst.All() {
			from := slices.Clone(idx)
			from[axis] = int(index.At(idx...))
			requireSame(t, a.At(from...), v, idx)
		}
		want := map[string]float64{}
		for idx, v := range a.All() {
			want[Shape(idx).String()] = v
		}
		src := drawView(t, d, part)
		for idx, v := range src.All() {
			to := slices.Clone(idx)
			to[axis] = int(index.At(idx...))
			want[Shape(to).String()] = v
		}
		require.NoError(t, Scatter(a, axis, index, src))
		for idx, v := range a.All() {
			requireSame(t, want[Shape(idx).String()], v, idx)
		}
		index = draw(rapid.SliceOfN(rapid.IntRange(0, 3), 0, 2).Draw(t, "index shape"))
		dst = drawView(t, d, slices.Concat(shape[:axis], index.Shape(), shape[axis+1:]))
		require.NoError(t, Take(dst, a, axis, index))
		for idx, v := range dst.All() {
			end := axis + len(index.Shape())
			from := slices.Concat(idx[:axis], []int{int(index.At(idx[axis:end]...))}, idx[end:])
			requireSame(t, a.At(from...), v, idx)
		}
	})
}
