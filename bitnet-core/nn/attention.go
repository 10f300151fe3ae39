package nn

import "math"

// Chunk is the number of positions that softmax takes together. Chunks begin at
// multiples of it, and what a query finds in them is merged in their order, so
// that attention is the same to the bit whether one goroutine walks over all
// chunks or several take one each, and for one query or many.
const Chunk = 256

// Queries are the query rows of consecutive tokens that share a [Head]: Group
// rows for each token. The first token sees positions [0, Seen), the next one
// position more, and so on; with a Window, each sees the last Window of these.
type Queries struct {
	Rows   []float32 // (tokens·Group, Width), multiplied by the softmax's scale
	Group  int
	Seen   int
	Window int // 0: all positions
}

// hidden returns how many positions from the first on row r does not see, for being
// before its window.
func (q *Queries) hidden(r int) int {
	if q.Window == 0 {
		return 0
	}
	return max(q.Seen+r/q.Group-q.Window, 0)
}

// tile is the number of rows that are computed together: whole tokens, and no
// more rows than keep their scores in the first-level cache.
func tile(group int) int { return max(12/group, 1) * group }

// Scratch returns how many float32 values [Head.Chunk] needs for groups of this
// size: scores, and factors of what is multiplied with int8.
func Scratch(group, width int) int {
	return tile(group) * (Chunk + groups(width)*factorBytes/4)
}

// A Part is what queries find in some of the positions: their weighted values
// before the division by the sum of weights.
type Part struct {
	Out []float32 // (rows, Width) Σ exp(score-Top)·value
	Top []float32 // (rows) the largest score, -Inf where no position is seen
	Sum []float32 // (rows) Σ exp(score-Top), 0 where no position is seen
}

// PartLen returns how many float32 values a Part of this shape takes.
func PartLen(rows, width int) int { return rows * (width + 2) }

// MakePart lays a Part out in buf, PartLen(rows, width) values.
func MakePart(buf []float32, rows, width int) Part {
	if len(buf) != PartLen(rows, width) {
		panic("nn: MakePart length")
	}
	n := rows * width
	return Part{Out: buf[:n], Top: buf[n : n+rows], Sum: buf[n+rows:]}
}

// Chunk sets dst to what q finds in the positions that it sees of chunk c,
// c·[Chunk] and the following. scratch holds at least [Scratch] values.
func (h *Head) Chunk(dst Part, q Queries, c int, scratch []float32) {
	rows := len(dst.Top)
	if PositionBytes(h.Type, 1) == 0 {
		panic("nn: Head.Chunk type")
	}
	if q.Group < 1 || q.Seen < 1 || q.Window < 0 || len(q.Rows) != rows*h.Width || len(dst.Out) != rows*h.Width || len(dst.Sum) != rows ||
		c < 0 || len(scratch) < Scratch(q.Group, h.Width) {
		panic("nn: Head.Chunk shape")
	}
	for r := 0; r < rows; r += tile(q.Group) {
		n := min(tile(q.Group), rows-r)
		part := Part{Out: dst.Out[r*h.Width : (r+n)*h.Width], Top: dst.Top[r : r+n], Sum: dst.Sum[r : r+n]}
		h.tile(part, Queries{q.Rows[r*h.Width : (r+n)*h.Width], q.Group, q.Seen + r/q.Group, q.Window}, c*Chunk, scratch)
	}
}

// tile is Chunk for a few rows and positions from `from` on.
func (h *Head) tile(dst Part, q Queries, from int, scratch []float32) {
	rows, first := len(dst.Top), q.Seen-from // what the first token sees
	most := min(first+(rows-1)/q.Group, Chunk)
	if q.hidden(0) >= from+Chunk { // the first row's window begins before all others'
		most = 0
	}
	scores, factors := scratch[:rows*Chunk], asBytes(scratch[rows*Chunk:])
	clear(dst.Out)
	if most > 0 {
		h.scores(scores, Chunk, q.Rows, rows, from/KeyBlock, (most+KeyBlock-1)/KeyBlock, factors)
	}
	for r := range rows {
		n := min(first+r/q.Group, Chunk)
		hidden := max(q.hidden(r)-from, 0)
		if n <= hidden || most <= 0 {
			clear(scores[r*Chunk:][:(max(n, 0)+KeyBlock-1)/KeyBlock*KeyBlock])
			dst.Top[r], dst.Sum[r] = float32(math.Inf(-1)), 0
			continue
		}
		// Whole vectors: a score of -Inf adds exp(-87), nothing beside a 1.
		s := scores[r*Chunk:][:(n+KeyBlock-1)/KeyBlock*KeyBlock]
		for i := n; i < len(s); i++ {
			s[i] = float32(math.Inf(-1))
		}
		for i := range hidden {
			s[i] = float32(math.Inf(-1))
		}
		dst.Top[r] = largest(s)
		dst.Sum[r] = expSum(s, dst.Top[r])
		clear(s[:hidden])
	}
	if most > 0 {
		h.weigh(dst.Out, scores, Chunk, rows, from, first, q.Group, Chunk, factors)
	}
}

// Merge adds what the same queries found in the positions of a later chunk, next,
// to p.
func (p Part) Merge(next Part) {
	width := len(p.Out) / len(p.Top)
	for r := range p.Top {
		if next.Sum[r] == 0 {
			continue
		}
		if p.Sum[r] == 0 {
			p.Top[r], p.Sum[r] = next.Top[r], next.Sum[r]
			copy(p.Out[r*width:(r+1)*width], next.Out[r*width:(r+1)*width])
			continue
		}
		top := max(p.Top[r], next.Top[r])
		a, b := expGeneric(p.Top[r]-top), expGeneric(next.Top[r]-top)
		p.Top[r], p.Sum[r] = top, p.Sum[r]*a+next.Sum[r]*b
		blend(p.Out[r*width:(r+1)*width], next.Out[r*width:(r+1)*width], a, b)
	}
}

// Row sets dst (Width) to the attention of query r: complete when all chunks that
// it sees have been merged.
func (p Part) Row(dst []float32, r int) {
	width := len(p.Out) / len(p.Top)
	Scale(dst, p.Out[r*width:(r+1)*width], 1/p.Sum[r])
}

// Attend sets dst to what q finds in all positions that it sees: Chunk and Merge
// from the first chunk to the last. other is a second Part of the same shape, to
// be overwritten.
func (h *Head) Attend(dst, other Part, q Queries, scratch []float32) {
	first := q.hidden(0) / Chunk
	h.Chunk(dst, q, first, scratch)
	last := q.Seen + (len(dst.Top)-1)/q.Group
	for c := first + 1; c*Chunk < last; c++ {
		h.Chunk(other, q, c, scratch)
		dst.Merge(other)
	}
}
