package qtensor

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMake: what is packed as it is made has the codes asked for, once each, and the scale.
func TestMake(t *testing.T) {
	for _, c := range append(chunkShapes, struct{ rows, cols int }{700, 640}) {
		codes, asked := make([]int8, c.rows*c.cols), make([]int, c.rows)
		for i := range codes {
			codes[i] = int8(rand.IntN(3)) - 1
		}
		made, err := Make(c.rows, c.cols, 0.25, func(dst []int8, lo, hi int) {
			copy(dst, codes[lo*c.cols:hi*c.cols])
			for r := lo; r < hi; r++ {
				asked[r]++
			}
		})
		require.NoError(t, err)
		data, err := Pack(HF, codes, c.rows, c.cols)
		require.NoError(t, err)
		require.Equal(t, data, made.Data)
		for r := range c.rows {
			require.Equal(t, 1, asked[r])
			require.EqualValues(t, 0.25, made.RowScale(r))
		}
	}
	_, err := Make(4, 4, 1, func(dst []int8, _, _ int) { dst[3] = 2 })
	require.Error(t, err)
	rows := &Tensor{Rows: 2, Scale: []float32{3, 4}}
	require.EqualValues(t, 4, rows.RowScale(1))
}
