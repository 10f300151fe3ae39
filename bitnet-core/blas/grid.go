package blas

const (
	// A thread computes parts of so many rows and columns: the columns of b stay in its
	// second-level cache while the rows pass.
	partRows = 96
	partCols = 256
)

// A grid is a block of c in tiles. A row of tiles takes a panel of a, a column of tiles a
// slice of b.
type grid struct {
	m, n       int // rows and columns of the block
	high, wide int // those of a tile
}

func (g *grid) panels() int { return ceil(g.m, g.high) }
func (g *grid) slices() int { return ceil(g.n, g.wide) }

// parts returns the number of rectangles of partRows and partCols.
func (g *grid) parts() int {
	return ceil(g.panels(), partRows/g.high) * ceil(g.slices(), partCols/g.wide)
}

// each calls tile with the panel and the slice of every tile of parts [lo, hi).
func (g *grid) each(lo, hi int, tile func(r, s int)) {
	high, wide := partRows/g.high, partCols/g.wide
	across := ceil(g.slices(), wide)
	for part := lo; part < hi; part++ {
		top, left := part/across*high, part%across*wide
		for s := left; s < min(left+wide, g.slices()); s++ {
			for r := top; r < min(top+high, g.panels()); r++ {
				tile(r, s)
			}
		}
	}
}
