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

func TestArgSort(t *testing.T) {
	nan := math.NaN()
	x := of(t, []float64{3, nan, -1, math.Inf(1), 0, math.Copysign(0, -1), nan, 3})
	dst := of(t, make([]int64, 8))
	ArgSort(dst, x, 0)
	require.Equal(t, []int64{2, 4, 5, 0, 7, 3, 1, 6}, Values[int64](dst), "as NumPy")
	sorted := of(t, make([]float64, 8))
	require.NoError(t, Gather(sorted, x, 0, dst))
	require.Equal(t, "[-1.  0. -0.  3.  3. inf nan nan]", Sprint(sorted))

	large := of(t, []int64{math.MaxInt64, math.MaxInt64 - 1, math.MinInt64})
	dst = of(t, make([]int64, 3))
	ArgSort(dst, large, 0)
	require.Equal(t, []int64{2, 1, 0}, Values[int64](dst), "beyond what float64 tells apart")

	nothing, err := New(memory.Heap(), dtype.F32, 3, 0)
	require.NoError(t, err)
	none, err := New(memory.Heap(), dtype.I64, 3, 0)
	require.NoError(t, err)
	require.NotPanics(t, func() {
		ArgSort(none, nothing, 0)
		ArgSort(none, nothing, 1)
	})
	for want, f := range map[string]func(){
		"tensor: ArgSort dst is not I64":          func() { ArgSort(x, x, 0) },
		"tensor: ArgSort dst is not of a's shape": func() { ArgSort(dst, x, 0) },
		"tensor: ArgSort axis out of range":       func() { ArgSort(dst, large, 1) },
		"tensor: ArgSort dst overlaps an operand": func() { ArgSort(large, large, 0) },
		"tensor: ArgSort to a broadcast view":     func() { ArgSort(dst.Slice(0, 0, 1).BroadcastTo(3), large, 0) },
	} {
		require.PanicsWithValue(t, want, f)
	}
}

// TestArgSortProperty compares with sorting one row after the other, for views of all types.
func TestArgSortProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(0, 6), 1, 4).Draw(t, "shape")
		a := drawView(t, rapid.SampledFrom(plainTypes).Draw(t, "type"), shape)
		axis := rapid.IntRange(0, len(shape)-1).Draw(t, "axis")
		dst := drawView(t, dtype.I64, shape)
		ArgSort(dst, a, axis)
		for idx := range a.Shape().Reduce(true, axis).Indices() {
			row, order := make([]float64, shape[axis]), make([]int, shape[axis])
			for i := range row {
				idx[axis] = i
				row[i], order[i] = a.At(idx...), i
			}
			slices.SortStableFunc(order, func(i, j int) int {
				x, y := row[i], row[j]
				if math.IsNaN(x) || math.IsNaN(y) {
					return truthOf(math.IsNaN(x)) - truthOf(math.IsNaN(y))
				}
				return truthOf(x > y) - truthOf(x < y)
			})
			for i, want := range order {
				idx[axis] = i
				require.EqualValues(t, want, dst.At(idx...), "%v", idx)
			}
			idx[axis] = 0
		}
	})
}

func truthOf(b bool) int { return int(truth(b)) }
