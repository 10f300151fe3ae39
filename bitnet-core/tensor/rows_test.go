package tensor

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// TestColumns holds softmax and norms of rows that lie apart to those of copies that lie
// together, to the bit, with operands and results of all orders, in place, and on two
// threads.
func TestColumns(t *testing.T) {
	pool := parallel.New(2)
	defer pool.Close()
	for _, d := range []dtype.DType{dtype.F32, dtype.F64, dtype.F16, dtype.BF16} {
		for _, shape := range [][]int{{15, 40}, {16, 40}, {17, 5}, {33, 77}, {1000, 65}, {300, 1200}, {3, 50, 20}, {40, 3, 33}} {
			x := random(t, d, shape...)
			last := len(shape) - 1
			for axis := range last {
				moved := x.Transpose(axis, last)
				want, err := moved.Clone(memory.Heap())
				require.NoError(t, err)
				Softmax(want, want, last)
				for _, on := range []Threads{{}, On(pool)} {
					got := random(t, d, shape...)
					on.Softmax(got, x, axis)
					requireElements(t, want, got.Transpose(axis, last))
					other := random(t, d, want.shape...)
					on.Softmax(other, moved, last)
					requireElements(t, want, other)
					Copy(got, x)
					on.Softmax(got, got, axis)
					requireElements(t, want, got.Transpose(axis, last))
				}
				want, err = moved.Clone(memory.Heap())
				require.NoError(t, err)
				LayerNorm(want, want, nil, nil, 1e-5)
				got, err := x.Clone(memory.Heap())
				require.NoError(t, err)
				LayerNorm(got.Transpose(axis, last), moved, nil, nil, 1e-5)
				requireElements(t, want, got.Transpose(axis, last))
			}
		}
	}
}

func requireElements(t *testing.T, want, got *Tensor) {
	t.Helper()
	require.Equal(t, want.shape, got.shape)
	for idx, v := range want.All() {
		if w := got.At(idx...); math.Float64bits(v) != math.Float64bits(w) {
			t.Fatalf("%v %v: at %v %v, want %v", want.dtype, want.shape, idx, w, v)
		}
	}
}

// TestLogSumExp compares with float64, for elements that lie together or apart and numbers
// of them around those that are taken at a time. The error is what the documentation
// states, and half an ulp for rounding.
func TestLogSumExp(t *testing.T) {
	pool := parallel.New(2)
	defer pool.Close()
	for _, n := range []int{1, 2, 16, 1000, chunk - 1, chunk, chunk + 1, 3*chunk + 5, large + 3} {
		for _, scale := range []float64{1e-3, 1, 30, 1000} {
			x := random(t, dtype.F32, n, 2)
			Mul(x, x, Scalar(dtype.F32, scale))
			for i := range 2 {
				column := x.Select(1, i)
				row, err := column.Clone(memory.Heap())
				require.NoError(t, err)
				top := float64(row.Float32s()[0])
				for _, v := range row.Float32s() {
					top = max(top, float64(v))
				}
				var sum float64
				for _, v := range row.Float32s() {
					sum += math.Exp(float64(v) - top)
				}
				want := top + math.Log(sum)
				got := Scalar(dtype.F32, 0)
				LogSumExp(got, row)
				require.InDelta(t, want, got.At(), 0x1p-23+math.Abs(want)*0x1p-24)
				other := Scalar(dtype.F32, 0)
				LogSumExp(other, column)
				require.Equal(t, got.At(), other.At())
				On(pool).LogSumExp(other, row)
				require.Equal(t, got.At(), other.At())
			}
		}
	}
	zeros := random(t, dtype.F32, 5*chunk)
	nan, inf := math.NaN(), math.Inf(1)
	for _, tt := range []struct{ at0, at3, want float64 }{{inf, 0, inf}, {0, inf, inf}, {inf, inf, inf}, {inf, nan, nan}, {nan, inf, nan}, {nan, 0, nan}} {
		Fill(zeros, 0)
		Fill(zeros.Slice(0, 5, 6), tt.at0)
		Fill(zeros.Slice(0, 3*chunk, 3*chunk+1), tt.at3)
		got := Scalar(dtype.F32, 0)
		LogSumExp(got, zeros)
		if tt.want != tt.want {
			require.True(t, math.IsNaN(got.At()))
		} else {
			require.Equal(t, tt.want, got.At())
		}
	}
	Fill(zeros, -inf)
	got := Scalar(dtype.F32, 0)
	LogSumExp(got, zeros)
	require.Equal(t, -inf, got.At())
}
