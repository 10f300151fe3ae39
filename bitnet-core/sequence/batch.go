package sequence

import (
	"errors"
	"fmt"
	"math"
)

// A Side is an end of a sequence.
type Side uint8

// The sides. Padding on the right follows the tokens; truncation on the right drops
// the last ones.
const (
	Right Side = iota
	Left
)

// A Batch is a rectangle of B = Rows by T = Width tokens. The package documentation
// says what the slices hold.
type Batch struct {
	Rows, Width int
	IDs         []int32 // (B, T)
	Segments    []int32 // (B, T)
	Positions   []int32 // (B, T)
}

// A Row is a view of one row of a Batch.
type Row struct {
	IDs       []int32 // (T)
	Segments  []int32 // (T)
	Positions []int32 // (T)
}

// Row returns row r, which shares the memory of b.
func (b Batch) Row(r int) Row {
	if r < 0 || r >= b.Rows {
		panic("sequence: Batch.Row index")
	}
	from, to := r*b.Width, (r+1)*b.Width
	return Row{b.IDs[from:to:to], b.Segments[from:to:to], b.Positions[from:to:to]}
}

// Waste counts the tokens and the cells of b.
func (b Batch) Waste() Waste {
	w := Waste{Cells: len(b.Segments)}
	for _, s := range b.Segments {
		if s != 0 {
			w.Tokens++
		}
	}
	return w
}

// errTooLarge says that no memory can hold a batch.
var errTooLarge = errors.New("sequence: the batch has more cells than memory has addresses: make smaller batches")

// makeBatch returns rows of padding.
func makeBatch(rows, width int, pad int32) (Batch, error) {
	const most = min(math.MaxInt, 1<<47) / 12 // bytes of an address space and of a cell
	if width > 0 && rows > most/width {
		return Batch{}, errTooLarge
	}
	n := rows * width
	b := Batch{rows, width, make([]int32, n), make([]int32, n), make([]int32, n)}
	if pad != 0 {
		for i := range b.IDs {
			b.IDs[i] = pad
		}
	}
	return b, nil
}

// place puts seq into the row from column `at` on, as segment number s.
func (r Row) place(seq []int32, at int, s int32) {
	copy(r.IDs[at:], seq)
	for i := range seq {
		r.Segments[at+i] = s
		r.Positions[at+i] = int32(i)
	}
}

// A LengthError reports a sequence that is longer than what it was to fit into.
type LengthError struct {
	Sequence int // the first that does not fit
	Length   int // its tokens
	Limit    int // how many would fit
	Others   int // how many more do not fit
}

func (e *LengthError) Error() string {
	s := fmt.Sprintf("sequence: sequence %d has %d tokens and %d fit", e.Sequence, e.Length, e.Limit)
	if e.Others > 0 {
		s += fmt.Sprintf(" (%d others are too long as well)", e.Others)
	}
	return s + ": truncate or split it, or allow more"
}

// fits returns a *LengthError if some length is above limit.
func fits(lengths []int, limit int) error {
	var e *LengthError
	for i, n := range lengths {
		switch {
		case n <= limit:
		case e == nil:
			e = &LengthError{Sequence: i, Length: n, Limit: limit}
		default:
			e.Others++
		}
	}
	if e == nil {
		return nil
	}
	return e
}

// Lengths returns the length of each sequence.
func Lengths(seqs [][]int32) []int {
	n := make([]int, len(seqs))
	for i, s := range seqs {
		n[i] = len(s)
	}
	return n
}

// Select returns the sequences of these numbers, in this order, without a copy of
// their tokens: one group of [Batches] or one row of [Plan].
func Select(seqs [][]int32, numbers []int) [][]int32 {
	out := make([][]int32, len(numbers))
	for i, n := range numbers {
		out[i] = seqs[n]
	}
	return out
}

// roundUp returns the least multiple of m >= 1 that is no less than n >= 0, and
// the largest int if that is no int.
func roundUp(n, m int) int {
	up := (m - n%m) % m
	if n > math.MaxInt-up {
		return math.MaxInt
	}
	return n + up
}
