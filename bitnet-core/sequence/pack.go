package sequence

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// A PackOrder says how sequences are put into rows.
type PackOrder uint8

// The orders.
const (
	// FirstFitDecreasing puts the longest sequence first, each into the first row that
	// has room.
	FirstFitDecreasing PackOrder = iota
	// InOrder fills a row until the next sequence does not fit, and never goes back.
	InOrder
)

// PackOptions say how [Pack] fills rows. Width must be set.
type PackOptions struct {
	Width int       // columns
	ID    int32     // the id of padding
	Order PackOrder // which sequences share a row
}

// Pack returns a batch whose rows hold several sequences each, one behind the other
// and then padding, and the plan it followed: segment s of row r is sequence
// plan[r][s-1]. It copies tokens and adds none: sequences end with the token that
// is to end them. It returns a [*LengthError] if a sequence is longer than a row.
func Pack(seqs [][]int32, o PackOptions) (b Batch, plan [][]int, err error) {
	if plan, err = Plan(Lengths(seqs), o.Width, o.Order); err != nil {
		return Batch{}, nil, err
	}
	if b, err = makeBatch(len(plan), o.Width, o.ID); err != nil {
		return Batch{}, nil, err
	}
	for r, numbers := range plan {
		row, at := b.Row(r), 0
		for i, n := range numbers {
			row.place(seqs[n], at, int32(i+1))
			at += len(seqs[n])
		}
	}
	return b, plan, nil
}

// Plan says which sequences of these lengths share a row of width tokens: each row
// holds indices of lengths, and each index is in one row. It takes O(n log n) time.
func Plan(lengths []int, width int, order PackOrder) ([][]int, error) {
	if width < 1 || order > InOrder {
		panic("sequence: Plan and Pack want a width of 1 or more and one of the orders")
	}
	checkLengths(lengths, "sequence: Plan length")
	if err := fits(lengths, width); err != nil {
		return nil, err
	}
	if order == InOrder {
		return inOrder(lengths, width), nil
	}
	return firstFitDecreasing(lengths, width), nil
}

func inOrder(lengths []int, width int) [][]int {
	var rows [][]int
	free := -1
	for i, n := range lengths {
		if n > free {
			rows, free = append(rows, nil), width
		}
		last := len(rows) - 1
		rows[last] = append(rows[last], i)
		free -= n
	}
	return rows
}

func firstFitDecreasing(lengths []int, width int) [][]int {
	byLength := make([]int, len(lengths))
	for i := range byLength {
		byLength[i] = i
	}
	slices.SortStableFunc(byLength, func(i, j int) int { return cmp.Compare(lengths[j], lengths[i]) })
	room := makeRoom(mostRows(lengths, width), width)
	var rows [][]int
	for _, i := range byLength {
		r := room.take(lengths[i])
		if r == len(rows) {
			rows = append(rows, nil)
		}
		rows[r] = append(rows[r], i)
	}
	return rows
}

// mostRows bounds the rows of first fit: two of them together hold more than one
// row's width, else the sequences of the later one would be in the earlier one. So k
// rows hold more than ⌊k/2⌋ widths.
func mostRows(lengths []int, width int) int {
	total := 0
	for _, n := range lengths {
		if n > math.MaxInt-total {
			return len(lengths)
		}
		total += n
	}
	return min(total/width, len(lengths)/2)*2 + 1
}

// room finds the first row with enough room: a binary tree whose node i has the
// children 2i and 2i+1, holds the largest room below it, and whose second half is
// the rows.
type room []int

func makeRoom(rows, width int) room {
	leaves := 1 << bits.Len(uint(rows-1))
	t := make(room, 2*leaves)
	for i := range t {
		t[i] = width
	}
	return t
}

// take returns the first row with room for n tokens and takes it away.
func (t room) take(n int) int {
	i := 1
	for i < len(t)/2 {
		i *= 2
		if t[i] < n {
			i++
		}
	}
	t[i] -= n
	for p := i / 2; p > 0; p /= 2 {
		t[p] = max(t[2*p], t[2*p+1])
	}
	return i - len(t)/2
}
