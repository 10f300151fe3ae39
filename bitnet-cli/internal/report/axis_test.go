package report

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		log    bool
		want   []string
	}{
		{0, 100, false, []string{"0", "20", "40", "60", "80", "100"}},
		{0, 0.55, false, []string{"0", "0.2", "0.4", "0.6"}},
		{-3, 4, false, []string{"−4", "−2", "0", "2", "4"}},
		{0, 23456, false, []string{"0", "5,000", "10,000", "15,000", "20,000", "25,000"}},
		{7, 7, false, []string{"6", "6.5", "7", "7.5", "8"}},
		{0, 3e-7, false, []string{"0", "10⁻⁷", "2×10⁻⁷", "3×10⁻⁷"}},
		{0, 0, false, []string{"−1", "−0.5", "0", "0.5", "1"}},
		{0.001, 1000, true, []string{"", "0.01", "", "1", "", "100", ""}},
		{3, 42, true, []string{"2", "5", "10", "20", "50"}},
		{0.11, 0.12, true, []string{"0.05", "0.1", "0.2"}},
		{1e-30, 1, true, []string{"10⁻³⁰", "10⁻²⁴", "10⁻¹⁸", "10⁻¹²", "10⁻⁶", "1"}},
	} {
		s := extent{axis: Axis{Log: c.log}, lo: c.lo, hi: c.hi, n: 2, broken: true}.scale(5, true)
		var labels []string
		for _, tick := range s.ticks {
			labels = append(labels, tick.label)
		}
		require.Equal(t, c.want, labels, "%v to %v", c.lo, c.hi)
	}
	for _, c := range [][2]float64{{5.1, 5.9}, {0.22, 0.45}, {2.1, 4.9}} {
		s := extent{axis: Axis{Log: true}, lo: c[0], hi: c[1], n: 2, broken: true}.scale(5, false)
		require.GreaterOrEqual(t, len(s.ticks), 2, "%v", c)
	}
	var e extent
	e.add(0)
	e.add(3)
	require.Len(t, e.scale(8, false).ticks, 4, "whole numbers have whole ticks")
}

// Whatever the range: its ends and all ticks are on the scale, in order, and few.
func TestScaleHoldsItsRange(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		e := extent{axis: Axis{Log: random.IntN(2) == 0}}
		for _, v := range oddValues(random, 4) {
			e.add(v)
		}
		count := 2 + random.IntN(9)
		s := e.scale(count, random.IntN(2) == 0)
		s.from, s.to = 0, 100
		require.Less(t, s.lo, s.hi)
		if e.n > 0 {
			from, to := s.at(e.lo), s.at(e.hi)
			require.True(t, from >= 0 && to <= 100 && (e.lo == e.hi || from <= to), "%v %v", from, to)
		}
		require.LessOrEqual(t, len(s.ticks), 16+4*count)
		last := -1.0
		for _, tick := range s.ticks {
			at := s.at(tick.value)
			require.True(t, at > last && at <= 100, "%v after %v", at, last)
			last = at
		}
	}
}

// oddValues are up to n numbers of every size, some of them close to another.
func oddValues(random *rand.Rand, n int) []float64 {
	values := make([]float64, 1+random.IntN(n))
	for i := range values {
		switch random.IntN(4) {
		case 0:
			values[i] = math.Float64frombits(random.Uint64())
		case 1:
			values[i] = values[0] * (1 + random.Float64()*math.Pow(10, -16*random.Float64()))
		case 2:
			values[i] = float64(random.IntN(10))
		default:
			values[i] = random.NormFloat64() * math.Pow(10, 6*random.NormFloat64())
		}
	}
	return values
}

func TestCounted(t *testing.T) {
	require.Equal(t, "12,345,678", counted(12345678))
	require.Equal(t, "0", counted(0))
	require.Equal(t, "12.35", counted(12.3456789))
	require.Equal(t, "10¹⁵", counted(1e15))
	require.Equal(t, "not a number", counted(math.NaN()))
}

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		v      float64
		digits int
		want   string
	}{
		{0, 3, "0"},
		{math.Copysign(0, -1), 3, "0"},
		{1, 3, "1"},
		{-1, 3, "−1"},
		{0.0123456, 3, "0.0123"},
		{12345.678, 4, "12,346"},
		{-1234567, 9, "−1,234,567"},
		{0.00001, 3, "10⁻⁵"},
		{-0.00001, 3, "−10⁻⁵"},
		{-1.25e-7, 3, "−1.25×10⁻⁷"},
		{6.02e23, 3, "6.02×10²³"},
		{99.96, 3, "100"},
		{999.96, 4, "1,000"},
		{math.NaN(), 3, "not a number"},
		{math.Inf(-1), 3, "−∞"},
		{5e-324, 3, "4.94×10⁻³²⁴"},
	} {
		require.Equal(t, c.want, number(c.v, c.digits), "%v", c.v)
	}
}
