package tensor

import "github.com/bitnet-go/bitnet/bitnet-core/vec"

// Reductions of F32 down columns go row by row, many columns at a time.

// columnsWide is how many columns go together: their sums stay in the first-level cache.
const columnsWide = 512

// down calls f for groups of columns that lie together: the position of the first in
// dst, the rows of the group from the first on, step elements apart, and how many
// columns it has. Threads have columns of their own.
func (t Threads) down(r reduction, f func() func(pos int, rows []float32, columns int)) {
	x := values[float32](r.a)
	part := func(lo, hi int) {
		g := f()
		for pos, n := range r.outer.part(lo, hi, columnsWide) {
			g(pos[0], x[pos[1]:], n)
		}
	}
	const narrow = 64
	if results := r.outer.elems(); t.pool != nil && results >= 2*narrow && results*r.each >= large {
		t.pool.Split(results, narrow, 2, part)
	} else {
		part(0, results)
	}
}

// sumDown sums columns of height rows, step elements apart, and stores finish(sum).
func (t Threads) sumDown(r reduction, height, step int, finish func(sum float64) float64) {
	set, stride := r.dst.setter(), r.outer.inner(0)
	t.down(r, func() func(pos int, rows []float32, columns int) {
		c := &columnSums{step: step}
		return func(pos int, rows []float32, columns int) {
			for i, v := range c.sum(rows, height, columns, 0) {
				set(pos+i*stride, finish(v))
			}
		}
	})
}

// columnSums are the sums of columns in float64: pairwise, but for tallSum rows, which
// are added up one after another.
type columnSums struct {
	step int
	room [][]float64 // for each depth of the tree
}

const tallSum = 32

// sum returns the sums of columns of so many rows, which are valid until it is called
// again for this depth or a lower one.
func (c *columnSums) sum(rows []float32, height, columns, depth int) []float64 {
	if depth == len(c.room) {
		c.room = append(c.room, make([]float64, columnsWide))
	}
	if height > tallSum {
		half := height / 2
		a := c.sum(rows, half, columns, depth)
		for i, v := range c.sum(rows[half*c.step:], height-half, columns, depth+1) {
			a[i] += v
		}
		return a
	}
	sums := c.room[depth][:columns]
	clear(sums)
	for i := range height {
		vec.Accumulate(sums, rows[i*c.step:][:columns])
	}
	return sums
}

// extremeDown stores the extremes of columns of height rows, step elements apart.
func (t Threads) extremeDown(r reduction, height, step int, largest bool) {
	out, stride := values[float32](r.dst), r.outer.inner(0)
	o := vec.OpMin
	if largest {
		o = vec.OpMax
	}
	t.down(r, func() func(pos int, rows []float32, columns int) {
		room := make([]float32, columnsWide)
		return func(pos int, rows []float32, columns int) {
			tops := room[:columns]
			copy(tops, rows)
			for i := 1; i < height; i++ {
				o.Slices(tops, tops, rows[i*step:][:columns], false)
			}
			for i, v := range tops {
				out[pos+i*stride] = v
			}
		}
	})
}
