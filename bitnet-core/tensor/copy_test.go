package tensor

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// TestCopyPermuted copies between orders of dimensions and parts of them, on one thread
// and on two, in sizes of many tiles.
func TestCopyPermuted(t *testing.T) {
	pool := parallel.New(2)
	defer pool.Close()
	for _, d := range []dtype.DType{dtype.F64, dtype.F32, dtype.BF16, dtype.I8} {
		x, err := New(memory.Heap(), d, 2, 68, 3, 66)
		require.NoError(t, err)
		anyNumbers(x)
		for _, order := range [][]int{{3, 2, 1, 0}, {0, 3, 2, 1}, {2, 1, 3, 0}, {0, 1, 3, 2}, {1, 0, 2, 3}} {
			for _, part := range []*Tensor{x, x.Slice(1, 1, 67), x.Slice(3, 3, 60), x.Slice(2, 2, 3), x.Slice(0, 1, 1)} {
				view := part.Permute(order...)
				want := inRowMajor(view)
				for name, f := range map[string]func(dst, src *Tensor){
					"Copy": Copy,
					"On":   On(pool).Copy,
				} {
					dst, err := New(memory.Heap(), d, view.shape...)
					require.NoError(t, err)
					f(dst, view)
					require.Equal(t, want, inRowMajor(dst), "%s %v %v", name, order, part.shape)
					// The other way round: the destination is the view.
					back, err := New(memory.Heap(), d, part.shape...)
					require.NoError(t, err)
					f(back.Permute(order...), dst)
					require.Equal(t, inRowMajor(part), inRowMajor(back), "%s %v %v", name, order, part.shape)
				}
			}
		}
	}
}

// anyNumbers fills x with numbers that its type has.
func anyNumbers(x *Tensor) {
	r := rand.New(rand.NewPCG(3, 4))
	if isFloat(x.dtype) {
		Normal(x, r, 0, 1)
		return
	}
	RandomIntegers(x, r, -128, 128)
}

// inRowMajor returns the elements in row-major order.
func inRowMajor(x *Tensor) []float64 {
	all := make([]float64, 0, x.Len())
	for _, v := range x.All() {
		all = append(all, v)
	}
	return all
}

// TestThreadsCopySplits copies tensors that are split between threads, one row repeated, and
// into a part of a tensor, whose rest stays as it is.
func TestThreadsCopySplits(t *testing.T) {
	pool := parallel.New(3)
	defer pool.Close()
	for _, shape := range [][]int{{400, 500}, {2, 200000}, {1, 300001}} {
		src, whole := random(t, dtype.F32, shape...), random(t, dtype.F32, shape[0]+1, shape[1])
		before := inRowMajor(whole.Slice(0, shape[0], shape[0]+1))
		dst := whole.Slice(0, 0, shape[0])
		On(pool).Copy(dst, src)
		require.Equal(t, src.Float32s(), dst.Float32s())
		require.Equal(t, before, inRowMajor(whole.Slice(0, shape[0], shape[0]+1)))
		On(pool).Copy(dst, src.Slice(0, 0, 1))
		for i := range shape[0] {
			require.Equal(t, src.Slice(0, 0, 1).Float32s(), dst.Slice(0, i, i+1).Float32s())
		}
	}
	x := random(t, dtype.F32, 300, 300)
	require.PanicsWithValue(t, "tensor: Copy dst overlaps an operand", func() { On(pool).Copy(x, x.Transpose(0, 1)) })
	require.PanicsWithValue(t, "tensor: Copy to another type", func() { On(pool).Copy(x, x.as(dtype.I32)) })
}
