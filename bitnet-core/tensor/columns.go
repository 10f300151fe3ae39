package tensor

import "github.com/bitnet-go/bitnet/bitnet-core/vec"

// Reductions of F32 down columns go row by row, many columns at a time.

const (
	// columnsWide is how many columns go together: their sums stay in the first-level
	// cache.
	columnsWide = 1024
	// columnsFew is up to how many columns threads divide the rows between them, and
	// not the columns, which would leave each a small piece of every row.
	columnsFew = 4 * columnsWide
	// sumRows is how many rows at most are added up one after another.
	sumRows = 32
	// rowParts is into how many parts threads divide the rows: a power of two, so
	// that they are nodes of the tree by which sums are pairwise.
	rowParts = 8
)

// sumDown stores the sums of columns of height rows, step elements apart, divided by a
// number.
func (t Threads) sumDown(r reduction, height, step int, divisor float64) {
	x, out, stride := values[float32](r.a), values[float32](r.dst), r.outer.inner(0)
	results := r.outer.elems()
	byRows := t.pool != nil && results*height >= large && results <= columnsFew && height >= 4*rowParts*sumRows && len(r.outer.shape) == 1
	part := func(lo, hi int) {
		c := columnSums{step: step}
		for pos, n := range r.outer.part(lo, hi, columnsWide) {
			var sums []float64
			if byRows {
				sums = t.sumParts(x[pos[1]:], step, height, n)
			} else {
				sums = c.sum(x[pos[1]:], height, n, 0)
			}
			to := out[pos[0]:]
			for i, v := range sums {
				to[i*stride] = float32(v / divisor)
			}
		}
	}
	if byRows {
		part(0, results)
	} else {
		t.divideColumns(r, height, part)
	}
}

// divideColumns calls f for parts of the results of a reduction down columns: for whole
// rows of results, or for many neighbours in the only one.
func (t Threads) divideColumns(r reduction, height int, f func(lo, hi int)) {
	results, apart := r.outer.elems(), columnsWide
	if last := len(r.outer.shape) - 1; last > 0 {
		apart = r.outer.shape[last]
	}
	if t.pool == nil || results*height < large || results <= apart {
		f(0, results)
		return
	}
	t.pool.Split(results, apart, 4, f)
}

// sumParts is columnSums.sum with the rows divided between threads.
func (t Threads) sumParts(x []float32, step, height, columns int) []float64 {
	from := [rowParts + 1]int{0, height}
	for n := 1; n < rowParts; n *= 2 { // halve the parts as the tree does
		for i := n; i > 0; i-- {
			from[2*i] = from[i]
			from[2*i-1] = from[i-1] + (from[i]-from[i-1])/2
		}
	}
	var sums [rowParts][]float64
	t.pool.Run(rowParts, func(i int) {
		c := columnSums{step: step}
		sums[i] = c.sum(x[from[i]*step:], from[i+1]-from[i], columns, 0)
	})
	for n := rowParts / 2; n > 0; n /= 2 {
		for i := range n {
			sums[i] = addUp(sums[2*i], sums[2*i+1])
		}
	}
	return sums[0]
}

func addUp(a, b []float64) []float64 {
	for i, v := range b {
		a[i] += v
	}
	return a
}

// columnSums computes the sums of columns in float64: the sum of a half of the rows and
// of the other half, and of few rows one after another.
type columnSums struct {
	step int
	room [][]float64 // for each depth of the tree
}

// sum returns the sums of columns of so many rows, which are valid until it is called
// again for this depth or a lower one.
func (c *columnSums) sum(rows []float32, height, columns, depth int) []float64 {
	if depth == len(c.room) {
		c.room = append(c.room, nil)
	}
	if len(c.room[depth]) < columns {
		c.room[depth] = make([]float64, columns)
	}
	if height > sumRows {
		half := height / 2
		a := c.sum(rows, half, columns, depth)
		return addUp(a, c.sum(rows[half*c.step:], height-half, columns, depth+1))
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
	x, out, stride := values[float32](r.a), values[float32](r.dst), r.outer.inner(0)
	o := vec.OpMin
	if largest {
		o = vec.OpMax
	}
	t.divideColumns(r, height, func(lo, hi int) {
		room := make([]float32, min(hi-lo, columnsWide))
		for pos, n := range r.outer.part(lo, hi, columnsWide) {
			tops, rows := room[:n], x[pos[1]:]
			copy(tops, rows)
			for i := 1; i < height; i++ {
				o.Slices(tops, tops, rows[i*step:][:n], vec.Cached)
			}
			to := out[pos[0]:]
			for i, v := range tops {
				to[i*stride] = v
			}
		}
	})
}
