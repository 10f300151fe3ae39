package paired

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOf(t *testing.T) {
	for _, c := range []struct {
		name string
		x    []float64
		want Spread
	}{
		{"one", []float64{3}, Spread{3, 3, 3}},
		{"odd", []float64{5, 1, 2}, Spread{2, 1, 5}},
		{"even", []float64{4, 1, 3, 2}, Spread{2.5, 1, 4}},
		{"equal", []float64{7, 7}, Spread{7, 7, 7}},
		{"large", []float64{math.MaxFloat64, math.MaxFloat64}, Spread{math.MaxFloat64, math.MaxFloat64, math.MaxFloat64}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, Of(c.x))
		})
	}
}

func TestOfNothing(t *testing.T) {
	s := Of(nil)
	for _, v := range []float64{s.Median, s.Min, s.Max} {
		require.True(t, math.IsNaN(v))
	}
}

func TestOfLeavesItsArgument(t *testing.T) {
	x := []float64{3, 1, 2}
	Of(x)
	require.Equal(t, []float64{3, 1, 2}, x)
}

// A machine that becomes half as fast in the middle of it changes no ratio.
func TestRatiosOfAMachineThatSlowsDown(t *testing.T) {
	ratios := Ratios([]float64{30, 15, 15}, []float64{10, 5, 5})
	require.Equal(t, Spread{3, 3, 3}, Of(ratios))
}

func TestRatiosPanicsOnALostRound(t *testing.T) {
	require.PanicsWithValue(t, "paired: Ratios of series of different lengths", func() {
		Ratios([]float64{1, 2}, []float64{1})
	})
}
