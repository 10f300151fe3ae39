package blas

const (
	// depth is how many products of an element are summed up in registers: a part of
	// a row of tiles then stays in the second-level cache.
	depth = 384
	// A block of a and one of b are read by all threads; in the cache they share.
	blockRows = 1536
	blockCols = 2048
	// panelDown is the most that rows of a panel of a are apart: a line more than
	// they are long, so that the rows of a tile differ in where they go in a cache.
	panelDown = depth + rowGap
	rowGap    = 16
	// Products of fewer multiplications stay on the caller's thread.
	fewProducts = 1 << 18
)

// Gemm sets c = alpha·a·b + beta·c, for c (M, N), a (M, K) and b (K, N).
func (w *Workspace) Gemm(c Matrix[float32], alpha float32, a, b Matrix[float32], beta float32) {
	w.check()
	check(&c, &a, &b)
	p := &w.whole
	p.set(c, alpha, a, b, beta)
	defer p.clear()
	if float64(c.Rows)*float64(c.Cols)*float64(a.Cols) <= fewProducts {
		p.run()
		return
	}
	if p.scales() {
		w.pool.Range(p.c.Rows, 1, w.scale)
		return
	}
	if p.directly() {
		for k := 0; k < p.a.Cols; k += p.deep {
			p.begin(k)
			w.pool.Split(p.stripParts(), 1, 8, w.strips)
		}
		return
	}
	for p.first(); p.more(); p.next() {
		w.pool.Split(p.panels()+p.slices(), 1, 8, w.pack)
		w.pool.Split(p.parts(), 1, 64, w.multiply)
	}
}

func check[C, T element](c *Matrix[C], a, b *Matrix[T]) {
	if c.Rows != a.Rows || c.Cols != b.Cols || a.Cols != b.Rows {
		panic("blas: Gemm shapes")
	}
	if !a.valid() || !b.valid() {
		panic("blas: Gemm operand outside of its data")
	}
	if !c.writable() {
		panic("blas: Gemm result outside of its data or overlapping itself")
	}
}

// A product is the state of one Gemm. It goes through blocks: of the columns of b, in
// them of K, in them of the rows of a. For each block, pack copies the operands and
// multiply computes.
type product struct {
	a, b, c     Matrix[float32]
	alpha, beta float32

	roomA, roomB []float32
	rows, cols   int // of a block, at most

	i, j, k int // where the block begins
	grid
	deep int // of the block
	step int // of k
}

// take sets the room for blocks of rows of a and cols of b.
func (p *product) take(room []float32, rows, cols int) {
	p.rows, p.cols = rows, cols
	p.roomA, p.roomB = room[:rows*panelDown], room[rows*panelDown:][:cols*depth]
}

func (p *product) set(c Matrix[float32], alpha float32, a, b Matrix[float32], beta float32) {
	// The kernels write rows. The sums are the same if both sides are transposed.
	if c.Right != 1 && c.Down == 1 {
		c, a, b = c.T(), b.T(), a.T()
	}
	p.c, p.a, p.b, p.alpha, p.beta = c, a, b, alpha, beta
	p.high, p.wide = kernels.rows, kernels.cols
}

// clear forgets the operands, which the garbage collector may want.
func (p *product) clear() {
	p.a, p.b, p.c = Matrix[float32]{}, Matrix[float32]{}, Matrix[float32]{}
}

// run computes all of it on this thread.
func (p *product) run() {
	if p.scales() {
		p.scale(0, p.c.Rows)
		return
	}
	if p.directly() {
		for k := 0; k < p.a.Cols; k += p.deep {
			p.begin(k)
			p.strips(0, p.stripParts())
		}
		return
	}
	for p.first(); p.more(); p.next() {
		p.pack(0, p.panels()+p.slices())
		p.multiply(0, p.parts())
	}
}

// scales reports whether there is nothing to do but to scale c.
func (p *product) scales() bool {
	return p.alpha == 0 || p.a.Cols == 0 || p.c.Rows == 0 || p.c.Cols == 0
}

func (p *product) scale(lo, hi int) {
	for i := lo; i < hi; i++ {
		for j := range p.c.Cols {
			c := &p.c.Data[i*p.c.Down+j*p.c.Right]
			if p.beta == 0 {
				*c = 0
			} else {
				*c *= p.beta
			}
		}
	}
}

func (p *product) first() {
	p.i, p.j, p.k = 0, 0, 0
	// Parts of about the same size, which depends on K alone: the order of a sum
	// does not depend on anything else.
	p.step = pieces(p.a.Cols, depth)
	p.measure()
}

func (p *product) more() bool { return p.j < p.c.Cols }

// next moves on to the block that follows.
func (p *product) next() {
	if p.i += p.m; p.i == p.c.Rows {
		p.i = 0
		if p.k += p.deep; p.k == p.a.Cols {
			p.k = 0
			p.j += p.n
		}
	}
	p.measure()
}

func (p *product) measure() {
	p.m = min(pieces(p.c.Rows, p.rows), p.c.Rows-p.i)
	p.n = min(pieces(p.c.Cols, p.cols), p.c.Cols-p.j)
	p.deep = min(p.step, p.a.Cols-p.k)
}

// pieces returns the size of the largest of the fewest about equal pieces of n, none
// above limit. Where limit is a multiple of the tiles, so is the size, or it is n.
func pieces(n, limit int) int {
	count := ceil(n, limit)
	if count <= 1 {
		return n
	}
	return min(ceil(ceil(n, count), maxCols*3)*maxCols*3, limit)
}

func ceil(n, d int) int { return (n + d - 1) / d }

// multiply computes parts [lo, hi) of the block.
func (p *product) multiply(lo, hi int) { p.each(lo, hi, p.tile) }

// tile computes the tile in panel r and slice s of the block. One whose rows do not lie in
// one piece is computed in a copy.
func (p *product) tile(r, s int) {
	t := tile{k: p.deep, alpha: p.alpha, beta: p.beta}
	if p.k > 0 {
		t.beta = 1
	}
	t.a, t.aDown, t.aRight = p.panel(r)
	t.b, t.bDown = p.slice(s), kernels.cols
	i, j := r*kernels.rows, s*kernels.cols
	c := p.c.Data[(p.i+i)*p.c.Down+(p.j+j)*p.c.Right:]
	rows, cols := min(kernels.rows, p.m-i), min(kernels.cols, p.n-j)
	if p.c.Right == 1 {
		t.c, t.cDown = c, p.c.Down
		if rows == kernels.rows && cols == kernels.cols {
			t.compute()
		} else {
			t.strip(rows, cols)
		}
		return
	}
	var out [maxRows * maxCols]float32
	t.c, t.cDown = out[:], kernels.cols
	if t.beta != 0 {
		for i := range rows {
			for j := range cols {
				out[i*kernels.cols+j] = c[i*p.c.Down+j*p.c.Right]
			}
		}
	}
	t.compute()
	for i := range rows {
		for j := range cols {
			c[i*p.c.Down+j*p.c.Right] = out[i*kernels.cols+j]
		}
	}
}
