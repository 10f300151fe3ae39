package sequence

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestValidate(t *testing.T) {
	seqs := [][]int32{{0, 99}, {}, {5, -1, 100}, {1, 2, 3, 4}}
	require.NoError(t, Validate(seqs, Limits{}))
	require.NoError(t, Validate(seqs[:2], Limits{Vocab: 100, MaxLen: 2}))
	require.NoError(t, Validate(nil, Limits{Vocab: 1, MinLen: 1, MaxLen: 1}))

	err := Validate(seqs, Limits{Vocab: 100})
	var e *InvalidError
	require.ErrorAs(t, err, &e)
	require.Equal(t, 2, e.Count)
	require.Equal(t, []Fault{{2, 1, -1, 3}, {2, 2, 100, 3}}, e.Faults)
	require.EqualError(t, err, "sequence: 2 faults: sequence 2, position 1: id -1 is not in the vocabulary of 100; "+
		"sequence 2, position 2: id 100 is not in the vocabulary of 100: use the tokenizer that belongs to the model")

	require.EqualError(t, Validate(seqs, Limits{MinLen: 1, MaxLen: 3}),
		"sequence: 2 faults: sequence 1: 0 tokens, fewer than 1; sequence 3: 4 tokens, more than 3")
	require.EqualError(t, Validate(seqs[2:3], Limits{MaxLen: 2}), "sequence: sequence 0: 3 tokens, more than 2")
}

// A file that goes with another vocabulary gives an error that can be read.
func TestValidateManyFaults(t *testing.T) {
	err := Validate([][]int32{slices.Repeat([]int32{7}, 1_000_000)}, Limits{Vocab: 7})
	var e *InvalidError
	require.ErrorAs(t, err, &e)
	require.Len(t, e.Faults, maxFaults)
	require.Equal(t, 1_000_000, e.Count)
	require.Less(t, len(err.Error()), 1000)
	require.Contains(t, err.Error(), "and 999992 more")
}

func FuzzPad(f *testing.F) {
	f.Add([]byte{3, 1, 2, 3, 0, 1, 9}, uint8(0), uint8(8), true)
	f.Add([]byte{200}, uint8(2), uint8(0), false)
	f.Fuzz(func(t *testing.T, data []byte, width, multiple uint8, left bool) {
		seqs := split(data[:min(len(data), 1000)])
		o := PadOptions{ID: -7, Width: int(width), Multiple: int(multiple)}
		if left {
			o.Side = Left
		}
		b, err := Pad(seqs, o)
		if err != nil {
			var e *LengthError
			require.ErrorAs(t, err, &e)
			require.Greater(t, len(seqs[e.Sequence]), e.Limit)
			return
		}
		checkBatch(t, b, o.ID)
		for r, seq := range seqs {
			got := []int32{}
			row := b.Row(r)
			for s := range Spans(row.Segments) {
				got = append(got, row.IDs[s.Start:s.End]...)
			}
			if !slices.Equal(seq, got) {
				require.Equal(t, seq, got)
			}
		}
		// Ids of padding are in no vocabulary; tokens of one byte are in one of 256.
		require.NoError(t, Validate(seqs, Limits{Vocab: 256, MaxLen: max(b.Width, 1)}))
		faults := len(b.IDs) - b.Waste().Tokens
		if err := Validate([][]int32{b.IDs}, Limits{Vocab: 256}); faults > 0 {
			var e *InvalidError
			require.ErrorAs(t, err, &e)
			require.Equal(t, faults, e.Count)
		} else {
			require.NoError(t, err)
		}
	})
}
