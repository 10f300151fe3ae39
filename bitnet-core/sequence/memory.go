package sequence

import "math"

// Memory says how many bytes the parts of a batch take. What does not fit into an
// int64 is given as its largest value.
type Memory struct {
	IDs           int64 // int32 (B, T)
	Segments      int64 // int32 (B, T)
	Positions     int64 // int32 (B, T)
	AttentionMask int64 // bool (B, T), by [AttentionMask]
	Masks         int64 // float32 (B, T, T), by [Causal] or [Bidirectional] for each row
}

// Estimate returns the memory of a batch of rows (B) by width (T) tokens: before it
// is made, to choose its shape. Masks grow with the square of the width; a loop
// over rows that uses one mask after the other needs Masks/B.
func Estimate(rows, width int) Memory {
	if rows < 0 || width < 0 {
		panic("sequence: Estimate shape")
	}
	cells := times(int64(rows), int64(width))
	return Memory{
		IDs: times(cells, 4), Segments: times(cells, 4), Positions: times(cells, 4),
		AttentionMask: cells,
		Masks:         times(times(cells, int64(width)), 4),
	}
}

// Batch returns the bytes of the slices of a [Batch].
func (m Memory) Batch() int64 { return plus(plus(m.IDs, m.Segments), m.Positions) }

// Total returns the bytes of everything.
func (m Memory) Total() int64 { return plus(plus(m.Batch(), m.AttentionMask), m.Masks) }

// times is a·b for a, b >= 0, or the largest int64.
func times(a, b int64) int64 {
	if b > 0 && a > math.MaxInt64/b {
		return math.MaxInt64
	}
	return a * b
}

// plus is a+b for a, b >= 0, or the largest int64.
func plus(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
