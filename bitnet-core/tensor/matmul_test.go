package tensor

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bitnet-go/bitnet/bitnet-core/blas"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// workspace is one on two threads, which are gone when the test ends.
func workspace(t testing.TB) *blas.Workspace {
	pool := parallel.New(2)
	a := memory.NewChecked(memory.Heap())
	w, err := blas.New(pool, a)
	require.NoError(t, err)
	t.Cleanup(func() {
		w.Close()
		pool.Close()
		require.Empty(t, a.Leaks())
	})
	return w
}

// product is the definition: every element of dst, one product after the other.
func product(dst, a, b *Tensor) []float64 {
	row, column := len(a.shape) == 1, len(b.shape) == 1
	out := []float64{}
	for idx := range dst.shape.Indices() {
		front := slices.Clone(idx)
		i, j := 0, 0
		if !column {
			j, front = front[len(front)-1], front[:len(front)-1]
		}
		if !row {
			i, front = front[len(front)-1], front[:len(front)-1]
		}
		var sum float64
		for k := range a.shape[len(a.shape)-1] {
			x, y := slices.Clone(front), slices.Clone(front)
			if !row {
				x = append(x, i)
			}
			y = append(y, k)
			if !column {
				y = append(y, j)
			}
			sum += entry(a, append(x, k), row) * entry(b, y, column)
		}
		out = append(out, sum)
	}
	return out
}

// entry returns the element of x at idx, whose dimensions in front broadcast.
func entry(x *Tensor, idx []int, vector bool) float64 {
	own := 2
	if vector {
		own = 1
	}
	idx = slices.Clone(idx[len(idx)-len(x.shape):])
	for d := range len(idx) - own {
		if x.shape[d] == 1 {
			idx[d] = 0
		}
	}
	return x.At(idx...)
}

var matMulTypes = []struct{ dst, a dtype.DType }{
	{dtype.F32, dtype.F32},
	{dtype.F16, dtype.F16},
	{dtype.F32, dtype.F16},
	{dtype.BF16, dtype.BF16},
	{dtype.F32, dtype.BF16},
	{dtype.I32, dtype.I8},
}

// TestMatMulProperty compares products of views, broadcast at random, with the
// definition. The numbers are small integers, so that sums are exact.
func TestMatMulProperty(t *testing.T) {
	w := workspace(t)
	rapid.Check(t, func(t *rapid.T) {
		types := rapid.SampledFrom(matMulTypes).Draw(t, "types")
		front := rapid.SliceOfN(rapid.IntRange(0, 3), 0, 3).Draw(t, "front")
		m, n, k := rapid.IntRange(0, 5).Draw(t, "m"), rapid.IntRange(0, 5).Draw(t, "n"), rapid.IntRange(0, 5).Draw(t, "k")
		out := slices.Clone(front)
		x, y := []int{k}, []int{k}
		if rapid.IntRange(0, 4).Draw(t, "row") > 0 {
			x = append(drawOperandShape(t, front), m, k)
			out = append(out, m)
		}
		if rapid.IntRange(0, 4).Draw(t, "column") > 0 {
			y = append(drawOperandShape(t, front), k, n)
			out = append(out, n)
		}
		dst, a, b := drawView(t, types.dst, out), drawView(t, types.a, x), drawView(t, types.a, y)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		RandomIntegers(a, r, -3, 4)
		RandomIntegers(b, r, -3, 4)
		MatMul(w, dst, a, b)
		require.Equal(t, product(dst, a, b), inRowMajor(dst))
	})
}

// TestMatMulLarge does the same where operands are taken in several blocks and batches.
func TestMatMulLarge(t *testing.T) {
	w := workspace(t)
	r := rand.New(rand.NewPCG(7, 8))
	for _, types := range matMulTypes {
		for _, c := range []struct{ front, m, k, n int }{{1, side + 3, 4, 5}, {1, 2, side + 1, 3}, {1, 2, 3, side + 2}, {batch + 5, 3, 4, 5}, {2, 1, 50, 60}, {3, 60, 50, 1}} {
			a, err := New(memory.Heap(), types.a, c.front, c.m, c.k)
			require.NoError(t, err)
			b, err := New(memory.Heap(), types.a, c.front, c.n, c.k)
			require.NoError(t, err)
			dst, err := New(memory.Heap(), types.dst, c.front, c.m, c.n)
			require.NoError(t, err)
			RandomIntegers(a, r, -1, 2)
			RandomIntegers(b, r, 0, 2)
			MatMul(w, dst, a, b.Transpose(1, 2))
			require.Equal(t, product(dst, a, b.Transpose(1, 2)), inRowMajor(dst), "%v %+v", types, c)
			// One matrix for all, by which the rows of all are multiplied at once.
			b = b.Select(0, 0).Transpose(0, 1)
			MatMul(w, dst, a, b)
			require.Equal(t, product(dst, a, b), inRowMajor(dst), "%v %+v", types, c)
		}
	}
}

func TestMatMulMistakes(t *testing.T) {
	w := workspace(t)
	x, n := random(t, dtype.F32, 3, 3), zeros8(t, 3, 3)
	q, err := New(memory.Heap(), dtype.TQ2_0, 2, 3, 256)
	require.NoError(t, err)
	want := inRowMajor(x)
	for text, f := range map[string]func(){
		"tensor: MatMul of a single number":                            func() { MatMul(w, x, Scalar(dtype.F32, 1), x) },
		"tensor: MatMul of types that have no product":                 func() { MatMul(w, x, x, n) },
		"tensor: MatMul dst overlaps an operand":                       func() { MatMul(w, x, x, random(t, dtype.F32, 3, 3)) },
		"tensor: MatMul to a broadcast view":                           func() { MatMul(w, Scalar(dtype.F32, 0).BroadcastTo(3, 3), x, x) },
		"tensor: MatMul dst has too few dimensions":                    func() { MatMul(w, random(t, dtype.F32, 3), x, x) },
		"tensor: MatMul shapes do not match":                           func() { MatMul(w, random(t, dtype.F32, 3, 2), x, x) },
		"tensor: MatMul dimensions in front do not broadcast to dst's": func() { MatMul(w, random(t, dtype.F32, 2, 3, 3), random(t, dtype.F32, 4, 3, 3), x) },
		"tensor: MatMul of a block type with more than two dimensions": func() { MatMul(w, random(t, dtype.F32, 2, 3, 1), q, zeros8(t, 256, 1)) },
	} {
		require.PanicsWithValue(t, text, f, text)
	}
	require.Equal(t, want, inRowMajor(x))
}
