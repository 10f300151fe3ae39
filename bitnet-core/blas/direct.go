package blas

const (
	// Products of so many multiplications are computed where their operands lie, if b
	// spans so few elements and the rows of a do not meet in one set of a cache (they
	// do if they are multiples of 4 KiB apart): copies would take longer than what they save.
	smallProducts = 1 << 24
	smallSpan     = 1 << 17
	setDown       = 1024
	// So are those with so few columns, and those of which all rows fit two tiles.
	narrowCols   = 32
	directPanels = 2
	// stripCols are the columns that a thread computes of a strip, for which b stays
	// in its second-level cache from one strip to the next.
	stripCols = 128
)

// directly reports whether the product is computed where its operands lie, but for a b
// whose rows do not lie in one piece, which is copied.
func (p *product) directly() bool {
	M, N, K := p.c.Rows, p.c.Cols, p.a.Cols
	span := float64(K) * float64(N)
	if p.b.Right == 1 {
		span = float64(K) * float64(p.b.Down)
	}
	switch {
	case p.c.Right != 1 || p.b.Right != 1 && N > p.cols:
		return false
	case N <= narrowCols, p.b.Right == 1 && M <= directPanels*kernels.rows:
		return true
	}
	return float64(M)*float64(N)*float64(K) <= smallProducts && span <= smallSpan && p.a.Down%setDown != 0
}

// begin sets the piece of K that begins at k, and copies its rows of b if need be.
func (p *product) begin(k int) {
	p.k, p.deep = k, min(pieces(p.a.Cols, depth), p.a.Cols-k)
	if p.b.Right != 1 {
		p.gather(p.roomB, p.c.Cols, p.b.Data[k*p.b.Down:], p.c.Cols)
	}
}

// stripParts returns the number of rectangles of partRows rows and stripCols columns.
func (p *product) stripParts() int {
	return ceil(p.c.Rows, partRows) * ceil(p.c.Cols, stripCols)
}

// strips adds the piece of K to rectangles [lo, hi) of c.
func (p *product) strips(lo, hi int) {
	t := tile{k: p.deep, aDown: p.a.Down, aRight: p.a.Right, bDown: p.b.Down, cDown: p.c.Down, alpha: p.alpha, beta: p.beta}
	if p.k > 0 {
		t.beta = 1
	}
	b := p.roomB
	if p.b.Right == 1 {
		b = p.b.Data[p.k*p.b.Down:]
	} else {
		t.bDown = p.c.Cols
	}
	across := ceil(p.c.Cols, stripCols)
	for part := lo; part < hi; part++ {
		top, j := part/across*partRows, part%across*stripCols
		cols := min(stripCols, p.c.Cols-j)
		t.b = b[j:]
		for i := top; i < min(top+partRows, p.c.Rows); i += kernels.rows {
			t.a = p.a.Data[i*p.a.Down+p.k*p.a.Right:]
			t.c = p.c.Data[i*p.c.Down+j:]
			t.strip(min(kernels.rows, p.c.Rows-i), cols)
		}
	}
}

// stripGeneric is tileGeneric for any number of rows and columns.
func stripGeneric(t *tile, rows, cols int) {
	part := *t
	for i := 0; i < rows; i += genericRows {
		for j := 0; j < cols; j += genericCols {
			part.a, part.b, part.c = t.a[i*t.aDown:], t.b[j:], t.c[i*t.cDown+j:]
			if i+genericRows <= rows && j+genericCols <= cols {
				tileGeneric(&part)
			} else {
				part.elements(min(genericRows, rows-i), min(genericCols, cols-j))
			}
		}
	}
}

// elements computes a part of a tile, one element after another.
func (t *tile) elements(rows, cols int) {
	for i := range rows {
		for j := range cols {
			var s float32
			for k := range t.k {
				s += float32(t.a[i*t.aDown+k*t.aRight] * t.b[k*t.bDown+j])
			}
			s *= t.alpha
			c := &t.c[i*t.cDown+j]
			if t.beta != 0 {
				s += float32(t.beta * *c)
			}
			*c = s
		}
	}
}
