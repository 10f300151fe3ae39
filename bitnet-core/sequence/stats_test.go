package sequence

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The figures are numpy.percentile's, .mean's and .std's of the same numbers.
func TestSummarize(t *testing.T) {
	got := Summarize([]int{12, 3, 7, 7, 30, 1})
	require.InDelta(t, math.Sqrt(92), got.Deviation, 1e-12)
	got.Deviation = 0
	require.Equal(t, LengthStats{Count: 6, Tokens: 60, Min: 1, Max: 30, Mean: 10, Median: 7, P90: 21, P95: 25.5, P99: 29.1}, got)
	require.Equal(t, LengthStats{}, Summarize(nil))
	require.Equal(t, LengthStats{Count: 1, Tokens: 4, Min: 4, Max: 4, Mean: 4, Median: 4, P90: 4, P95: 4, P99: 4}, Summarize([]int{4}))
	require.Equal(t, 2.5, Summarize([]int{1, 4, 2, 3}).Median)
}

func TestPercentile(t *testing.T) {
	lengths := []int{15, 20, 35, 40, 50}
	for p, want := range map[float64]float64{0: 15, 100: 50, 50: 35, 40: 29, 5: 16, 75: 40} {
		require.InDelta(t, want, Percentile(lengths, p), 1e-12)
	}
	require.Zero(t, Percentile(nil, 50))
	require.Equal(t, []int{15, 20, 35, 40, 50}, lengths)
}

func TestStatsStayWithin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lengths := rapid.SliceOfN(rapid.IntRange(0, 1000), 1, 50).Draw(t, "lengths")
		s := Summarize(lengths)
		order := []float64{float64(s.Min), s.Median, s.P90, s.P95, s.P99, float64(s.Max)}
		require.IsNonDecreasing(t, order)
		require.GreaterOrEqual(t, s.Mean, float64(s.Min))
		require.LessOrEqual(t, s.Mean, float64(s.Max))
		require.LessOrEqual(t, s.Deviation, float64(s.Max-s.Min)/2+1e-9)
	})
}

// PadWaste says in advance what Pad does.
func TestPadWaste(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seqs := seqsOf(20).Draw(t, "sequences")
		multiple := rapid.IntRange(0, 8).Draw(t, "multiple")
		batches, err := Batches(Lengths(seqs), BatchOptions{Count: 3, Multiple: multiple})
		require.NoError(t, err)
		var want Waste
		for _, numbers := range batches {
			b, err := Pad(Select(seqs, numbers), PadOptions{Multiple: multiple})
			require.NoError(t, err)
			want = want.Add(b.Waste())
		}
		require.Equal(t, want, PadWaste(Lengths(seqs), batches, multiple))
	})
}

func TestCounts(t *testing.T) {
	c := make(Counts)
	require.Zero(t, c.Entropy())
	require.Empty(t, c.Top(3))
	c.Add([]int32{5, 5, 5, 5})
	require.Zero(t, c.Entropy())
	require.False(t, math.Signbit(c.Entropy()))
	c.Add([]int32{-1, 9, 9, 3})
	require.Equal(t, 8, c.Total())
	require.Equal(t, 1.75, c.Entropy()) // 1/2, 1/4, 1/8, 1/8
	require.Equal(t, []TokenCount{{5, 4}, {9, 2}, {-1, 1}}, c.Top(3))
	require.Equal(t, []TokenCount{{5, 4}, {9, 2}, {-1, 1}, {3, 1}}, c.Top(9))
	require.Empty(t, c.Top(0))
}

func TestEntropyOfEqual(t *testing.T) {
	c := make(Counts)
	c.Add(upTo(1024))
	require.InDelta(t, 10, c.Entropy(), 1e-12)
}

func TestEstimate(t *testing.T) {
	m := Estimate(4, 2048)
	require.Equal(t, Memory{32 << 10, 32 << 10, 32 << 10, 8 << 10, 64 << 20}, m)
	require.Equal(t, int64(96<<10), m.Batch())
	require.Equal(t, int64(64<<20+104<<10), m.Total())
	require.Zero(t, Estimate(0, 9).Total())

	m = Estimate(math.MaxInt, math.MaxInt)
	require.Equal(t, int64(math.MaxInt64), m.Total())
	require.Equal(t, int64(math.MaxInt64), m.Masks)

	b, err := Pad([][]int32{{1, 2, 3}, {1}}, PadOptions{})
	require.NoError(t, err)
	require.Equal(t, int64(4*(cap(b.IDs)+cap(b.Segments)+cap(b.Positions))), Estimate(2, 3).Batch())
}
