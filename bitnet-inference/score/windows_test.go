package score

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestWindows(t *testing.T) {
	ids := []int32{1, 2, 3, 4, 5}
	require.Equal(t, []Sequence{{[]int32{9, 1, 2}, 1}, {[]int32{9, 3, 4}, 1}, {[]int32{9, 5}, 1}}, Windows(ids, 9, 3, 0))
	require.Equal(t, []Sequence{{[]int32{1, 2, 3}, 1}, {[]int32{4, 5}, 1}}, Windows(ids, -1, 3, 0))
	require.Equal(t, []Sequence{{[]int32{1, 2, 3}, 1}, {[]int32{2, 3, 4}, 2}, {[]int32{3, 4, 5}, 2}}, Windows(ids, -1, 3, 1))
	require.Equal(t, []Sequence{{[]int32{9, 1, 2, 3, 4}, 1}, {[]int32{9, 3, 4, 5}, 3}}, Windows(ids, 9, 5, 2))
	require.Empty(t, Windows(nil, 9, 3, 0))
}

// TestWindowsPredictOnce: however windows overlap, each token is predicted once, or is the
// first of a window without a beginning-of-text token.
func TestWindowsPredictOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var ids, got []int32
		for i := range rapid.Int32Range(0, 60).Draw(t, "tokens") {
			ids = append(ids, i)
		}
		bos := rapid.SampledFrom([]int32{-1, 1000}).Draw(t, "bos")
		length, stride := rapid.IntRange(2, 20).Draw(t, "length"), rapid.IntRange(0, 30).Draw(t, "stride")
		for _, w := range Windows(ids, bos, length, stride) {
			require.LessOrEqual(t, len(w.IDs), length)
			if bos >= 0 {
				require.Equal(t, bos, w.IDs[0])
			} else if w.IDs[0] == int32(len(got)) {
				require.Equal(t, 1, w.From)
				got = append(got, w.IDs[0])
			}
			got = append(got, w.IDs[w.From:]...)
		}
		require.Equal(t, ids, got)
	})
}

// TestSecondHalves counts as llama-perplexity does: windows of n tokens predict n-1-n/2.
func TestSecondHalves(t *testing.T) {
	ids := []int32{1, 2, 3, 4, 5, 6, 7, 8, 9}
	require.Equal(t, []Sequence{{[]int32{99, 1, 2, 3}, 3}, {[]int32{99, 5, 6, 7}, 3}}, SecondHalves(ids, 99, 4))
	require.Equal(t, []Sequence{{[]int32{1, 2, 3, 4, 5}, 3}}, SecondHalves(ids, -1, 5))
	require.Empty(t, SecondHalves(ids, -1, 10))
	for _, w := range SecondHalves(make([]int32, 2000), 1, 512) {
		require.Len(t, w.IDs[w.From:], 255)
	}
}
