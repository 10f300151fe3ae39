package blas

// gemmIntsGeneric computes the product in w.ints.
func (w *Workspace) gemmIntsGeneric(few bool) {
	p := &w.ints
	for p.k = 0; p.k < p.a.Cols; p.k += p.deep {
		p.deep = min(depth, p.a.Cols-p.k)
		for p.j = 0; p.j < p.c.Cols; p.j += p.n {
			p.n = min(len(p.room)/(2*depth)*intCols, p.c.Cols-p.j)
			if slices, parts := ceil(p.n, intCols), p.parts(); few {
				p.pack(0, slices)
				p.multiply(0, parts)
			} else {
				w.pool.Split(slices, 1, 8, w.packInts)
				w.pool.Split(parts, 1, 64, w.multiplyInts)
			}
		}
	}
}

// An intProduct is the state of one GemmInt8 in plain Go, where one multiplication of 64
// bits serves two columns. Like a product, it goes through blocks of b, and for each of
// them through parts of c.
type intProduct struct {
	a, b Matrix[int8]
	c    Matrix[int32]
	room []int64 // slices of b: for each k, intCols columns in pairs

	k, deep int // of the block
	j, n    int
}

// A tile of c has intRows rows and intCols columns, in eight sums.
const (
	intRows = 4
	intCols = 4
)

// pack copies slices [lo, hi) of b: of two columns, one in each half of an integer. It is
// x + 2³²·y, so that a multiple of it is the multiples of both, and a sum the sums,
// whose lower one is small enough for its half: depth·2¹⁴ < 2³¹.
func (p *intProduct) pack(lo, hi int) {
	for s := lo; s < hi; s++ {
		room := p.room[s*2*depth:][:2*p.deep]
		src := p.b.Data[min(p.k*p.b.Down+(p.j+s*intCols)*p.b.Right, len(p.b.Data)):]
		cols := min(intCols, p.n-s*intCols)
		for k := range p.deep {
			var v [intCols]int64
			for j := range cols {
				v[j] = int64(src[k*p.b.Down+j*p.b.Right])
			}
			room[2*k], room[2*k+1] = v[0]+v[1]<<32, v[2]+v[3]<<32
		}
	}
}

// parts returns the number of rectangles of tiles, intRows rows and partCols columns.
func (p *intProduct) parts() int { return ceil(p.c.Rows, intRows) * ceil(p.n, partCols) }

func (p *intProduct) multiply(lo, hi int) {
	var a [depth][intRows]int8 // the panel of a, its rows side by side
	across, have := ceil(p.n, partCols), -1
	for part := lo; part < hi; part++ {
		if r := part / across; r != have {
			p.panel(&a, r)
			have = r
		}
		left := part % across * partCols
		for j := left; j < min(left+partCols, p.n); j += intCols {
			p.tile(have, j, a[:p.deep])
		}
	}
}

// panel copies rows 4r to 4r+3 of a; those that lack are zero.
func (p *intProduct) panel(to *[depth][intRows]int8, r int) {
	for i := range intRows {
		row := r*intRows + i
		for k := range p.deep {
			to[k][i] = 0
			if row < p.a.Rows {
				to[k][i] = p.a.Data[row*p.a.Down+(p.k+k)*p.a.Right]
			}
		}
	}
}

// tile adds the products of a panel with a slice to c.
func (p *intProduct) tile(r, j int, a [][intRows]int8) {
	b := p.room[j/intCols*2*depth:]
	var s00, s01, s10, s11, s20, s21, s30, s31 int64
	for k := range a {
		v := &a[k]
		b0, b1 := b[2*k], b[2*k+1]
		x := int64(v[0])
		s00, s01 = s00+x*b0, s01+x*b1
		x = int64(v[1])
		s10, s11 = s10+x*b0, s11+x*b1
		x = int64(v[2])
		s20, s21 = s20+x*b0, s21+x*b1
		x = int64(v[3])
		s30, s31 = s30+x*b0, s31+x*b1
	}
	sums := [intRows][intCols / 2]int64{{s00, s01}, {s10, s11}, {s20, s21}, {s30, s31}}
	for i := range min(intRows, p.c.Rows-r*intRows) {
		for n := range min(intCols, p.n-j) {
			s := sums[i][n/2]
			low := int32(s)
			if n%2 == 1 {
				low = int32((s - int64(low)) >> 32)
			}
			c := &p.c.Data[(r*intRows+i)*p.c.Down+(p.j+j+n)*p.c.Right]
			if p.k > 0 {
				low += *c
			}
			*c = low
		}
	}
}
