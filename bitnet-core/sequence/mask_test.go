package sequence

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// picture draws a mask: 0 for seen and . for hidden.
func picture(t require.TestingT, mask []float32, width int) []string {
	var rows []string
	for row := range slices.Chunk(mask, width) {
		s := make([]byte, width)
		for i, v := range row {
			switch {
			case v == 0:
				s[i] = '0'
			case math.IsInf(float64(v), -1):
				s[i] = '.'
			default:
				require.Fail(t, "neither 0 nor -Inf", "%v", v)
			}
		}
		rows = append(rows, string(s))
	}
	return rows
}

func TestMasks(t *testing.T) {
	segments := []int32{0, 1, 1, 1, 2, 2, 0}
	mask := make([]float32, 49)
	mask[3] = 5 // is overwritten
	Causal(mask, segments)
	require.Equal(t, []string{
		"0......",
		".0.....",
		".00....",
		".000...",
		"....0..",
		"....00.",
		"......0",
	}, picture(t, mask, 7))
	Bidirectional(mask, segments)
	require.Equal(t, []string{
		"0......",
		".000...",
		".000...",
		".000...",
		"....00.",
		"....00.",
		"......0",
	}, picture(t, mask, 7))
	Causal(nil, nil)

	tokens := make([]bool, 7)
	AttentionMask(tokens, segments)
	require.Equal(t, []bool{false, true, true, true, true, true, false}, tokens)
}

// rows draws the segments of a row: runs of numbers and of padding, each unlike the
// one before it.
func rows() *rapid.Generator[[]int32] {
	return rapid.Custom(func(t *rapid.T) []int32 {
		var row []int32
		next, padding := int32(1), false
		for range rapid.IntRange(0, 6).Draw(t, "runs") {
			s := int32(0)
			if padding || rapid.IntRange(0, 3).Draw(t, "padding") > 0 {
				s = next
				next++
			}
			padding = s == 0
			row = append(row, slices.Repeat([]int32{s}, rapid.IntRange(1, 6).Draw(t, "length"))...)
		}
		return row
	})
}

// Masks, spans, positions and targets against what they say of each pair of tokens.
func TestSegmentsByPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		segments := rows().Draw(t, "segments")
		n := len(segments)
		causal, both := make([]float32, n*n), make([]float32, n*n)
		Causal(causal, segments)
		Bidirectional(both, segments)
		ids, targets, positions := upTo(n), make([]int32, n), make([]int32, n)
		Targets(targets, ids, segments, -100)
		Positions(positions, segments)
		for q, s := range segments {
			before := int32(0)
			for k := range segments {
				same := s != 0 && segments[k] == s
				require.Equal(t, same || k == q, both[q*n+k] == 0)
				require.Equal(t, same && k <= q || k == q, causal[q*n+k] == 0)
				if same && k < q {
					before++
				}
			}
			require.Equal(t, before, positions[q])
			want := int32(-100)
			if s != 0 && q+1 < n && segments[q+1] == s {
				want = ids[q+1]
			}
			require.Equal(t, want, targets[q])
		}
		picture(t, causal, max(n, 1))
		picture(t, both, max(n, 1))

		covered := make([]int32, n)
		end := 0
		for s := range Spans(segments) {
			require.Less(t, s.Start, s.End)
			require.GreaterOrEqual(t, s.Start, end)
			end = s.End
			for i := s.Start; i < s.End; i++ {
				covered[i] = s.Segment
			}
		}
		require.Equal(t, append([]int32{}, segments...), append([]int32{}, covered...))

		Targets(ids, ids, segments, -100) // in place
		require.Equal(t, targets, ids)
	})
}

func TestSpansStops(t *testing.T) {
	var got []Span
	for s := range Spans([]int32{1, 1, 0, 2, 3}) {
		got = append(got, s)
		if s.Segment == 2 {
			break
		}
	}
	require.Equal(t, []Span{{1, 0, 2}, {2, 3, 4}}, got)
}

func TestSpansAllocatesNothing(t *testing.T) {
	segments := []int32{1, 1, 2, 0}
	n := 0
	require.Zero(t, testing.AllocsPerRun(10, func() {
		for s := range Spans(segments) {
			n += s.End
		}
	}))
	require.Positive(t, n)
}
