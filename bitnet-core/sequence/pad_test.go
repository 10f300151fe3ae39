package sequence

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// seqsOf draws up to 20 sequences of up to `longest` tokens, none of which is 0.
func seqsOf(longest int) *rapid.Generator[[][]int32] {
	return rapid.SliceOfN(rapid.SliceOfN(rapid.Int32Range(1, 1000), 0, longest), 0, 20)
}

func TestPad(t *testing.T) {
	seqs := [][]int32{{1, 2, 3}, {}, {4}}
	for _, c := range []struct {
		name      string
		o         PadOptions
		width     int
		ids       []int32
		segments  []int32
		positions []int32
	}{
		{
			"longest",
			PadOptions{},
			3,
			[]int32{1, 2, 3, 0, 0, 0, 4, 0, 0},
			[]int32{1, 1, 1, 0, 0, 0, 1, 0, 0},
			[]int32{0, 1, 2, 0, 0, 0, 0, 0, 0},
		},
		{
			"left",
			PadOptions{ID: 9, Side: Left},
			3,
			[]int32{1, 2, 3, 9, 9, 9, 9, 9, 4},
			[]int32{1, 1, 1, 0, 0, 0, 0, 0, 1},
			[]int32{0, 1, 2, 0, 0, 0, 0, 0, 0},
		},
		{
			"left multiple",
			PadOptions{ID: -1, Side: Left, Multiple: 4},
			4,
			[]int32{-1, 1, 2, 3, -1, -1, -1, -1, -1, -1, -1, 4},
			[]int32{0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1},
			[]int32{0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0},
		},
		{
			"fixed",
			PadOptions{Width: 4},
			4,
			[]int32{1, 2, 3, 0, 0, 0, 0, 0, 4, 0, 0, 0},
			[]int32{1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0},
			[]int32{0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := Pad(seqs, c.o)
			require.NoError(t, err)
			require.Equal(t, Batch{3, c.width, c.ids, c.segments, c.positions}, b)
			require.Equal(t, Waste{4, 3 * c.width}, b.Waste())
		})
	}
}

func TestPadWidths(t *testing.T) {
	for _, c := range []struct {
		o     PadOptions
		width int
	}{
		{PadOptions{Multiple: 8}, 8},
		{PadOptions{Multiple: 5}, 5},
		{PadOptions{Multiple: 2}, 6},
		{PadOptions{Multiple: 1}, 5},
		{PadOptions{Width: 6, Multiple: 4}, 8},
		{PadOptions{Width: 4, Multiple: 8}, 8}, // the rounded width counts
	} {
		b, err := Pad([][]int32{{1, 2, 3, 4, 5}}, c.o)
		require.NoError(t, err)
		require.Equal(t, c.width, b.Width, "%+v", c.o)
	}
}

func TestPadNothing(t *testing.T) {
	b, err := Pad(nil, PadOptions{})
	require.NoError(t, err)
	require.Zero(t, b.Rows)
	require.Empty(t, b.IDs)
	b, err = Pad([][]int32{{}, {}}, PadOptions{})
	require.NoError(t, err)
	require.Equal(t, 2, b.Rows)
	require.Zero(t, b.Width)
	require.Empty(t, b.Row(1).IDs)
	require.Zero(t, b.Waste().Share())
}

func TestPadTooLong(t *testing.T) {
	_, err := Pad([][]int32{{1}, {1, 2, 3}, {1, 2}, {1, 2, 3, 4}}, PadOptions{Width: 2})
	var e *LengthError
	require.ErrorAs(t, err, &e)
	require.Equal(t, LengthError{Sequence: 1, Length: 3, Limit: 2, Others: 1}, *e)
	require.EqualError(t, err, "sequence: sequence 1 has 3 tokens and 2 fit (1 others are too long as well): truncate or split it, or allow more")

	_, err = Pad([][]int32{{1}, {2}}, PadOptions{Multiple: math.MaxInt})
	require.ErrorIs(t, err, errTooLarge)
	_, err = Pad([][]int32{{1, 2}, {2}}, PadOptions{Multiple: math.MaxInt - 1})
	require.ErrorIs(t, err, errTooLarge)
	_, err = Pad([][]int32{{1}}, PadOptions{Width: min(math.MaxInt/2, 1<<46)})
	require.ErrorIs(t, err, errTooLarge, "more bytes than make allows")
}

// Every row gives its sequence back, and all else is padding.
func TestPadKeepsTokens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seqs := seqsOf(12).Draw(t, "sequences")
		o := PadOptions{
			ID:       rapid.Int32Range(-1, 1000).Draw(t, "id"), // may be a token's
			Side:     rapid.SampledFrom([]Side{Right, Left}).Draw(t, "side"),
			Width:    rapid.SampledFrom([]int{0, 12, 15}).Draw(t, "width"),
			Multiple: rapid.IntRange(0, 9).Draw(t, "multiple"),
		}
		b, err := Pad(seqs, o)
		require.NoError(t, err)
		require.Equal(t, len(seqs), b.Rows)
		require.Zero(t, b.Width%max(o.Multiple, 1))
		checkBatch(t, b, o.ID)
		for r, seq := range seqs {
			row, n := b.Row(r), len(seq)
			from := 0
			if o.Side == Left {
				from = b.Width - n
			}
			require.Equal(t, append([]int32{}, seq...), append([]int32{}, row.IDs[from:from+n]...))
			for i, s := range row.Segments {
				require.Equal(t, i >= from && i < from+n, s == 1)
			}
		}
	})
}

// checkBatch checks what holds of every batch: sizes, padding, positions.
func checkBatch(t require.TestingT, b Batch, pad int32) {
	require.Len(t, b.IDs, b.Rows*b.Width)
	require.Len(t, b.Segments, b.Rows*b.Width)
	require.Len(t, b.Positions, b.Rows*b.Width)
	positions := make([]int32, b.Width)
	for r := range b.Rows {
		row := b.Row(r)
		for _, s := range [][]int32{row.IDs, row.Segments, row.Positions} {
			require.Len(t, s, cap(s)) // appending to a row does not write into the next
		}
		Positions(positions, row.Segments)
		if !slices.Equal(positions, row.Positions) {
			require.Equal(t, positions, row.Positions)
		}
		for i, s := range row.Segments {
			if s == 0 && row.IDs[i] != pad {
				require.Equal(t, pad, row.IDs[i], "row %d, column %d", r, i)
			}
		}
	}
}

func TestSelect(t *testing.T) {
	seqs := [][]int32{{1}, {2, 2}, {3, 3, 3}}
	require.Equal(t, [][]int32{{3, 3, 3}, {1}}, Select(seqs, []int{2, 0}))
	require.Equal(t, []int{1, 2, 3}, Lengths(seqs))
}

func TestWrongUse(t *testing.T) {
	two, three := make([]int32, 2), make([]int32, 3)
	for text, call := range map[string]func(){
		"sequence: Pad Width or Multiple below 0, or no such Side":                func() { Pad(nil, PadOptions{Width: -1}) },
		"sequence: Batch.Row index":                                               func() { Batch{}.Row(0) },
		"sequence: Truncate limit below 0, or no such side":                       func() { Truncate(two, -1, Right) },
		"sequence: TruncateIf over below 0":                                       func() { TruncateIf(two, -1, 0, Right) },
		"sequence: TruncatePair limit below 0, or no such rule or side":           func() { TruncatePair(two, two, 3, OnlySecond+1, Right) },
		"sequence: Split width below 1, or overlap not below it":                  func() { Split(two, 2, 2) },
		"sequence: Positions length":                                              func() { Positions(two, three) },
		"sequence: Targets length":                                                func() { Targets(two, two, three, 0) },
		"sequence: AttentionMask length":                                          func() { AttentionMask(nil, two) },
		"sequence: Causal length":                                                 func() { Causal(make([]float32, 5), two) },
		"sequence: Bidirectional length":                                          func() { Bidirectional(make([]float32, 6), two) },
		"sequence: Batches without a limit of Tokens or Count":                    func() { Batches(nil, BatchOptions{}) },
		"sequence: Batches options below 0":                                       func() { Batches(nil, BatchOptions{Count: 1, Tokens: -1}) },
		"sequence: Batches length":                                                func() { Batches([]int{-1}, BatchOptions{Count: 1}) },
		"sequence: Plan and Pack want a width of 1 or more and one of the orders": func() { Plan(nil, 0, InOrder) },
		"sequence: Plan length":                                                   func() { Plan([]int{-1}, 1, InOrder) },
		"sequence: Percentile p":                                                  func() { Percentile(nil, math.NaN()) },
		"sequence: PadWaste multiple":                                             func() { PadWaste(nil, nil, -1) },
		"sequence: Counts.Top n":                                                  func() { Counts{}.Top(-1) },
		"sequence: Validate limits":                                               func() { Validate(nil, Limits{MinLen: 2, MaxLen: 1}) },
		"sequence: Estimate shape":                                                func() { Estimate(-1, 1) },
	} {
		require.PanicsWithValue(t, text, call)
	}
	require.PanicsWithValue(t, "sequence: Causal length", func() { Causal(make([]float32, 1), nil) })
}
