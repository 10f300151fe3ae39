package dtype

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFinite puts each kind of value into every place of rows of several lengths.
func TestFinite(t *testing.T) {
	for _, d := range []DType{F32, F16, BF16} {
		most := map[DType]float32{F32: math.MaxFloat32, F16: 65504, BF16: 0x1.fep127}[d]
		for _, n := range []int{0, 1, 2, 3, 4, 5, 9, 16} {
			row := make([]float32, n)
			size, _ := d.Size(int64(n))
			data := make([]byte, size)
			for i := range row {
				row[i] = most * float32(1-2*(i%2))
			}
			require.NoError(t, PutFloat32s(data, row, d))
			require.True(t, Finite(data, d), "%v %d", d, n)
			for i, was := range row {
				for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
					row[i] = float32(v)
					require.NoError(t, PutFloat32s(data, row, d))
					require.False(t, Finite(data, d), "%v %d %d %v", d, n, i, v)
				}
				row[i] = was
			}
		}
	}
	require.PanicsWithValue(t, "dtype: Finite type", func() { Finite(nil, I8) })
}
