package sequence

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// upTo returns 0, 1, ..., n-1.
func upTo(n int) []int32 {
	seq := make([]int32, n)
	for i := range seq {
		seq[i] = int32(i)
	}
	return seq
}

func TestTruncate(t *testing.T) {
	seq := upTo(5)
	require.Equal(t, []int32{0, 1, 2}, Truncate(seq, 3, Right))
	require.Equal(t, []int32{2, 3, 4}, Truncate(seq, 3, Left))
	require.Equal(t, seq, Truncate(seq, 5, Left))
	require.Equal(t, seq, Truncate(seq, 6, Right))
	require.Empty(t, Truncate(seq, 0, Left))
	require.Empty(t, Truncate(nil, 3, Right))

	cut := Truncate(seq, 3, Right)
	require.Same(t, &seq[0], &cut[0], "a view")
	_ = append(cut, 99)
	require.Equal(t, upTo(5), seq, "appending to a view copies it")
}

func TestTruncateIf(t *testing.T) {
	require.Equal(t, upTo(5), TruncateIf(upTo(5), 5, 3, Right))
	require.Equal(t, upTo(3), TruncateIf(upTo(6), 5, 3, Right))
	require.Equal(t, []int32{3, 4, 5}, TruncateIf(upTo(6), 5, 3, Left))
	require.Equal(t, upTo(6), TruncateIf(upTo(6), 2, 8, Left))
}

func TestTruncatePair(t *testing.T) {
	for _, c := range []struct {
		n, m, limit int
		rule        PairRule
		first, last int
	}{
		{5, 5, 10, LongestFirst, 5, 5},
		{5, 5, 5, LongestFirst, 2, 3},
		{6, 5, 5, LongestFirst, 3, 2},
		{5, 6, 5, LongestFirst, 2, 3},
		{9, 2, 6, LongestFirst, 4, 2},
		{2, 9, 6, LongestFirst, 2, 4},
		{3, 2, 4, LongestFirst, 2, 2},
		{4, 4, 0, LongestFirst, 0, 0},
		{4, 0, 3, LongestFirst, 3, 0},
		{5, 3, 4, OnlyFirst, 1, 3},
		{5, 3, 3, OnlyFirst, 0, 3},
		{5, 3, 9, OnlyFirst, 5, 3},
		{3, 5, 4, OnlySecond, 3, 1},
	} {
		a, b, err := TruncatePair(upTo(c.n), upTo(c.m), c.limit, c.rule, Right)
		require.NoError(t, err, "%+v", c)
		require.Equal(t, upTo(c.first), a, "%+v", c)
		require.Equal(t, upTo(c.last), b, "%+v", c)
	}
	a, b, err := TruncatePair(upTo(4), upTo(4), 4, LongestFirst, Left)
	require.NoError(t, err)
	require.Equal(t, []int32{2, 3}, a)
	require.Equal(t, []int32{2, 3}, b)

	_, _, err = TruncatePair(upTo(5), upTo(4), 3, OnlyFirst, Right)
	require.Equal(t, &LengthError{Sequence: 1, Length: 4, Limit: 3}, err)
	_, _, err = TruncatePair(upTo(5), upTo(4), 3, OnlySecond, Right)
	require.Equal(t, &LengthError{Sequence: 0, Length: 5, Limit: 3}, err)
}

// oneByOne is the definition of LongestFirst. tokenizers 0.23.3 gives the same for all
// lengths from 1 to 9 and limits from 1 to 19.
func oneByOne(n, m, limit int) (first, second int) {
	cutSecond := n > m // of equals
	for n+m > limit {
		if n > m || n == m && !cutSecond {
			n--
		} else {
			m--
		}
	}
	return n, m
}

// All small cases, and so all ways that the two lengths and the limit can be ordered.
func TestLongestFirst(t *testing.T) {
	const most = 14
	for n := range most {
		for m := range most {
			for limit := range 2 * most {
				a, b, err := TruncatePair(upTo(n), upTo(m), limit, LongestFirst, Right)
				require.NoError(t, err)
				first, second := oneByOne(n, m, limit)
				require.Equal(t, [2]int{first, second}, [2]int{len(a), len(b)}, "%d and %d tokens to %d", n, m, limit)
			}
		}
	}
}

func TestSplit(t *testing.T) {
	require.Empty(t, Split(nil, 3, 1))
	require.Equal(t, [][]int32{{0, 1}, {2, 3}, {4}}, Split(upTo(5), 2, 0))
	require.Equal(t, [][]int32{{0, 1, 2}, {2, 3, 4}}, Split(upTo(5), 3, 1))
	require.Equal(t, [][]int32{{0, 1, 2, 3}, {2, 3, 4, 5}, {4, 5, 6}}, Split(upTo(7), 4, 2))
	require.Equal(t, [][]int32{{0}}, Split(upTo(1), 3, 2))
}

// Without what overlaps, the parts are the sequence, and each brings something new.
func TestSplitLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seq := upTo(rapid.IntRange(0, 60).Draw(t, "length"))
		width := rapid.IntRange(1, 20).Draw(t, "width")
		overlap := rapid.IntRange(0, width-1).Draw(t, "overlap")
		whole := []int32{}
		for i, part := range Split(seq, width, overlap) {
			require.LessOrEqual(t, len(part), width)
			require.Equal(t, len(part), cap(part))
			if i > 0 {
				require.Greater(t, len(part), overlap)
				require.Equal(t, whole[len(whole)-overlap:], append([]int32{}, part[:overlap]...))
				part = part[overlap:]
			}
			whole = append(whole, part...)
		}
		require.Equal(t, seq, whole)
	})
}
