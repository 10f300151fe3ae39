package vecmath

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func normal(rng *rand.Rand, n int, scale float64) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64() * scale)
	}
	return x
}

// TestRows compares rows with float64, for every length around the vectors'.
func TestRows(t *testing.T) {
	lengths := []int{1000, 5000}
	for n := 1; n < 70; n++ {
		lengths = append(lengths, n)
	}
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, n := range lengths {
			for _, scale := range []float64{0.01, 1, 30} {
				x := append(make([]float32, n%17), normal(rng, n, scale)...)[n%17:]
				before := slices.Clone(x)
				top := slices.Max(x)
				var sum float64
				for _, v := range x {
					sum += math.Exp(float64(v) - float64(top))
				}
				soft, logs := slices.Repeat([]float32{777}, n+1), slices.Repeat([]float32{777}, n+1)
				Softmax(soft[:n:n], x)
				LogSoftmax(logs[:n:n], x)
				require.Equal(t, before, x)
				require.EqualValues(t, 777, soft[n])
				require.EqualValues(t, 777, logs[n])
				for i, v := range x {
					shifted := float64(v) - float64(top)
					require.Less(t, ulps(math.Exp(shifted)/sum, soft[i]), 3.0)
					want := shifted - math.Log(sum)
					require.InDelta(t, want, logs[i], 2*0x1p-23*math.Abs(want)+0x1p-50)
				}
				got := LogSumExp(x)
				require.InDelta(t, float64(top)+math.Log(sum), got, 2e-7)
				Softmax(x, x)
				require.Equal(t, soft[:n], x, "in place")
				LogSoftmax(before, before)
				require.Equal(t, logs[:n], before, "in place")
			}
		}
	})
}

// TestRowsOfVariants compares all kernels to the bit.
func TestRowsOfVariants(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	x := normal(rng, 1234, 3)
	var soft, logs []float32
	var wantSum float64
	withVariants(t, func(t *testing.T) {
		y, z := make([]float32, len(x)), make([]float32, len(x))
		Softmax(y, x)
		LogSoftmax(z, x)
		if soft == nil {
			soft, logs, wantSum = y, z, LogSumExp(x)
		}
		require.Equal(t, soft, y)
		require.Equal(t, logs, z)
		sum := LogSumExp(x)
		require.Equal(t, wantSum, sum)
	})
}

func TestSpecialRows(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	withVariants(t, func(t *testing.T) {
		Softmax(nil, nil)
		LogSoftmax(nil, nil)
		require.True(t, math.IsInf(LogSumExp(nil), -1))
		for _, n := range []int{1, 5, 16, 17, 40} {
			for at := range n {
				row := func(all, one float32) []float32 {
					x := slices.Repeat([]float32{all}, n)
					x[at] = one
					return x
				}
				isNaN := func(x []float32) {
					t.Helper()
					for _, v := range x {
						require.True(t, math.IsNaN(float64(v)), "%d values, one at %d: %v", n, at, v)
					}
				}
				dst := make([]float32, n)
				for _, x := range [][]float32{row(1, nan), row(nan, 1), row(1, inf), row(-inf, nan), row(inf, nan), row(-inf, -inf)} {
					Softmax(dst, x)
					if n > 1 || x[0] != 1 {
						isNaN(dst)
						LogSoftmax(dst, x)
						isNaN(dst)
					}
				}
				Softmax(dst, row(-inf, 3))
				require.Equal(t, row(0, 1), dst)
				LogSoftmax(dst, row(-inf, 3))
				require.Equal(t, row(-inf, 0), dst)
				require.Equal(t, 3.0, LogSumExp(row(-inf, 3)))
				require.True(t, math.IsInf(LogSumExp(row(2, inf)), 1))
				require.True(t, math.IsInf(LogSumExp(row(-inf, -inf)), -1))
				require.True(t, math.IsNaN(LogSumExp(row(inf, nan))))
				require.True(t, math.IsNaN(LogSumExp(row(-inf, nan))))
				require.True(t, math.IsNaN(LogSumExp(row(2, nan))))
			}
		}
	})
}

func TestMistakes(t *testing.T) {
	for _, c := range cases {
		require.PanicsWithValue(t, "vecmath: "+c.name+" length", func() { c.f(make([]float32, 3), make([]float32, 2)) })
	}
	require.PanicsWithValue(t, "vecmath: Softmax length", func() { Softmax(nil, make([]float32, 1)) })
	require.PanicsWithValue(t, "vecmath: LogSoftmax length", func() { LogSoftmax(nil, make([]float32, 1)) })
}

// TestAllocations: nothing is allocated, not even for tails.
func TestAllocations(t *testing.T) {
	x := make([]float32, 37)
	withVariants(t, func(t *testing.T) {
		require.Zero(t, testing.AllocsPerRun(10, func() {
			GELU(x, x)
			Softmax(x, x)
			LogSoftmax(x, x)
			_ = LogSumExp(x)
		}))
	})
}
