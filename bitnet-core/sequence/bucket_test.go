package sequence

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestBatches(t *testing.T) {
	lengths := []int{5, 1, 4, 2, 5, 1, 3}
	for _, c := range []struct {
		name string
		o    BatchOptions
		want [][]int
	}{
		{"count", BatchOptions{Count: 3}, [][]int{{1, 5, 3}, {6, 2, 0}, {4}}},
		{"tokens", BatchOptions{Tokens: 8}, [][]int{{1, 5, 3}, {6, 2}, {0}, {4}}},
		{"both", BatchOptions{Tokens: 8, Count: 2}, [][]int{{1, 5}, {3, 6}, {2}, {0}, {4}}},
		{"buckets", BatchOptions{Count: 4, Multiple: 4}, [][]int{{1, 2, 3, 5}, {6, 0, 4}}},
		{"tokens of buckets", BatchOptions{Tokens: 8, Multiple: 4}, [][]int{{1, 2}, {3, 5}, {6}, {0}, {4}}},
		{"pools", BatchOptions{Count: 2, Pool: 4}, [][]int{{1, 3}, {2, 0}, {5, 6}, {4}}},
		{"one", BatchOptions{Count: 100}, [][]int{{1, 5, 3, 6, 2, 0, 4}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Batches(lengths, c.o)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
	none, err := Batches(nil, BatchOptions{Count: 1, Shuffle: true})
	require.NoError(t, err)
	require.Empty(t, none)
}

// The order of a seed is part of what the package gives: results of training are
// to be repeatable. PCG is the same in all versions of Go.
func TestBatchesSeed(t *testing.T) {
	lengths := []int{5, 1, 4, 2, 5, 1, 3, 3, 2, 2}
	o := BatchOptions{Count: 3, Shuffle: true, Seed: 1}
	got, err := Batches(lengths, o)
	require.NoError(t, err)
	require.Equal(t, [][]int{{6, 2, 4}, {0}, {8, 9, 7}, {1, 5, 3}}, got)
}

func TestBatchesTooLong(t *testing.T) {
	_, err := Batches([]int{3, 9, 8, 10}, BatchOptions{Tokens: 11, Multiple: 8})
	require.Equal(t, &LengthError{Sequence: 1, Length: 9, Limit: 8, Others: 1}, err)
}

func TestBatchesProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lengths := rapid.SliceOfN(rapid.IntRange(0, 30), 0, 60).Draw(t, "lengths")
		o := BatchOptions{
			Tokens:   rapid.SampledFrom([]int{0, 36, 50, 200}).Draw(t, "tokens"),
			Count:    rapid.IntRange(0, 9).Draw(t, "count"),
			Multiple: rapid.IntRange(0, 6).Draw(t, "multiple"),
			Pool:     rapid.SampledFrom([]int{0, 1, 7, 100}).Draw(t, "pool"),
			Shuffle:  rapid.Bool().Draw(t, "shuffle"),
			Seed:     rapid.Uint64().Draw(t, "seed"),
		}
		if o.Tokens == 0 && o.Count == 0 {
			o.Count = 1
		}
		before := slices.Clone(lengths)
		batches, err := Batches(lengths, o)
		require.NoError(t, err)
		require.Equal(t, before, lengths)
		once(t, len(lengths), batches)
		for _, b := range batches {
			require.NotEmpty(t, b)
			require.Equal(t, len(b), cap(b)) // appending to one does not write into the next
			if o.Count > 0 {
				require.LessOrEqual(t, len(b), o.Count)
			}
			if o.Tokens > 0 {
				require.LessOrEqual(t, PadWaste(lengths, [][]int{b}, o.Multiple).Cells, o.Tokens)
			}
		}
		again, err := Batches(lengths, o)
		require.NoError(t, err)
		require.Equal(t, batches, again)
	})
}

// once checks that the groups hold each of 0 to n-1 once.
func once(t require.TestingT, n int, groups [][]int) {
	all := slices.Sorted(slices.Values(slices.Concat(groups...)))
	require.Len(t, all, n)
	for i, v := range all {
		require.Equal(t, i, v)
	}
}

// Shuffled batches come in another order for another seed, are not sorted, and
// still waste little.
func TestBatchesShuffle(t *testing.T) {
	lengths := make([]int, 1000)
	for i := range lengths {
		lengths[i] = i * 7919 % 512
	}
	o := BatchOptions{Tokens: 4096, Shuffle: true, Seed: 1}
	one, err := Batches(lengths, o)
	require.NoError(t, err)
	o.Seed = 2
	two, err := Batches(lengths, o)
	require.NoError(t, err)
	require.NotEqual(t, one, two)
	require.False(t, slices.IsSortedFunc(one, func(a, b []int) int { return lengths[a[0]] - lengths[b[0]] }))
	require.Less(t, PadWaste(lengths, one, 0).Share(), 0.05)

	o.Pool = 200
	pools, err := Batches(lengths, o)
	require.NoError(t, err)
	unsorted, err := Batches(lengths, BatchOptions{Tokens: 4096, Pool: 1})
	require.NoError(t, err)
	require.Greater(t, PadWaste(lengths, pools, 0).Share(), PadWaste(lengths, one, 0).Share())
	require.Zero(t, PadWaste(lengths, unsorted, 0).Share(), "pools of one are batches of one")
}

// Each order of four is as frequent as the others.
func TestShuffleIsUniform(t *testing.T) {
	seen := map[[4]int]int{}
	for seed := range uint64(24000) {
		b, err := Batches(make([]int, 4), BatchOptions{Count: 4, Shuffle: true, Seed: seed})
		require.NoError(t, err)
		seen[[4]int(b[0])]++
	}
	require.Len(t, seen, 24)
	for _, n := range seen {
		require.InDelta(t, 1000, n, 150) // nearly five standard deviations
	}
}
