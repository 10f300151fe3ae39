package pool

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestRuns: runs are those that one sees looking at every member.
func TestRuns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom([]uint64{0, ^uint64(0), 1, 1 << 63, 0xf0, 0xfff0_0000_0000_0fff}), 1, 4).Draw(t, "words")
		b := bitmap(words)
		lo := rapid.IntRange(0, 64*len(b)).Draw(t, "lo")
		hi := rapid.IntRange(lo, 64*len(b)).Draw(t, "hi")
		members := rapid.Bool().Draw(t, "members")
		var want, got [][2]int
		for i := lo; i < hi; i++ {
			switch {
			case b.has(i) != members:
			case i > lo && b.has(i-1) == members:
				want[len(want)-1][1] = i + 1
			default:
				want = append(want, [2]int{i, i + 1})
			}
		}
		b.runs(lo, hi, members, func(from, to int) { got = append(got, [2]int{from, to}) })
		require.Equal(t, want, got)
	})
}
