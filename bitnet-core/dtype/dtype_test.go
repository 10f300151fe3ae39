package dtype

import (
	"math"
	"math/bits"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSizes(t *testing.T) {
	for _, tt := range []struct {
		d     DType
		shape []int
		want  int64
		ok    bool
	}{
		{F32, nil, 4, true},
		{F32, []int{2, 3}, 24, true},
		{BF16, []int{0, 3}, 0, true},
		{Bool, []int{7}, 7, true},
		{F64, []int{-1}, 0, false},
		{F64, []int{math.MaxInt/8 + 1}, 0, false},
		{U8, []int{math.MaxInt}, math.MaxInt, true},
		{U8, []int{math.MaxInt, 2}, 0, false},
		{U8, []int{1 << (bits.UintSize / 2), 1 << (bits.UintSize / 2)}, 0, false},
		{Invalid, []int{1}, 0, false},
		{DType(200), []int{1}, 0, false},
		{I4, []int{3, 6}, 9, true},
		{U4, []int{6, 3}, 0, false}, // a byte does not hold parts of two rows
		{U4, []int{0}, 0, true},
		{I4, nil, 0, false},
		{Q4_0, []int{8, 512}, 2304, true}, // like the following, the sizes of golden/ternary/quant
		{Q8_0, []int{8, 512}, 4352, true},
		{TQ1_0, []int{8, 512}, 864, true},
		{TQ2_0, []int{8, 512}, 1056, true},
		{I2_S, []int{8, 512}, 1056, true},
		{IQ1_BN, []int{8, 512}, 848, true},
		{IQ2_BN, []int{8, 512}, 1056, true},
		{IQ2_BN_R4, []int{8, 512}, 1056, true},
		{IQ2_BN_R4, []int{6, 512}, 0, false}, // rows come in fours
		{Q4_K, []int{3, 256}, 3 * 144, true},
		{Q6_K, []int{3, 256}, 3 * 210, true},
		{Q6_K, []int{256, 3}, 0, false}, // blocks run along rows
		{I2_S, []int{2, 64}, 64, true},  // and here over the whole tensor
		{I2_S, []int{3, 64}, 0, false},
		{I2_S, []int{math.MaxInt / 128 * 128}, math.MaxInt/128*32 + 32, true},
		{TQ2_0, nil, 0, false},
	} {
		got, ok := tt.d.TensorSize(tt.shape)
		require.Equal(t, tt.ok, ok, "%v %v", tt.d, tt.shape)
		require.Equal(t, tt.want, got, "%v %v", tt.d, tt.shape)
		if len(tt.shape) == 1 {
			got, ok = tt.d.Size(int64(tt.shape[0]))
			require.Equal(t, tt.ok, ok, "%v %v", tt.d, tt.shape)
			require.Equal(t, tt.want, got, "%v %v", tt.d, tt.shape)
		}
	}
	n, ok := IQ2_BN_R4.Size(64)
	require.False(t, ok, n) // one row is no whole group
}

func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for i := range 256 {
		d := DType(i)
		elems, bytes := d.Block()
		require.Equal(t, d.Valid(), elems > 0 && bytes > 0, d)
		require.Equal(t, d.Plain(), elems == 1, d)
		require.False(t, seen[d.String()], d)
		seen[d.String()] = true
		if d.Plain() {
			require.True(t, d.Sliceable(), d)
		}
	}
	require.Equal(t, "INVALID", Invalid.String())
	require.Equal(t, "DType(200)", DType(200).String())
	require.Equal(t, "BF16", BF16.String())
	require.Equal(t, "I4", I4.String())
	require.False(t, I4.Plain())
	require.True(t, U4.Sliceable())
	require.True(t, TQ2_0.Sliceable())
	require.False(t, I2_S.Sliceable())
	require.False(t, IQ2_BN.Sliceable())
}
