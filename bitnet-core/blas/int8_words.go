package blas

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

// An intKernelSet is the choice of kernels for int8. Their operands are packed into words
// of 32 bits with per values, neighbours along K: int8 in fours, int16 in twos.
type intKernelSet struct {
	kernelSet
	per int
	// offset is what the kernels add to the values of b, and of rows in a product with
	// a vector, which makes them unsigned: 128 or 0.
	offset int32
	step   int // what numbers of values the kernel for rows computes multiples of
}

var genericInts = intKernelSet{kernelSet: generic}

var ints = chooseInts(simd.Best())

// A wordProduct is the state of one GemmInt8 in vector kernels. Like a product, it goes
// through blocks and copies their operands: panels of a, with for each row what its sum
// begins with in front, and slices of b.
type wordProduct struct {
	a, b         Matrix[int8]
	c            Matrix[int32]
	roomA, roomB []uint32

	i, j, k int // where the block begins
	grid
	deep int // of the block
}

// gemmWords computes the product in w.words.
func (w *Workspace) gemmWords(few bool) {
	p := &w.words
	p.high, p.wide = ints.rows, ints.cols
	for p.j = 0; p.j < p.c.Cols; p.j += p.n {
		p.n = min(len(p.roomB)/depth, p.c.Cols-p.j)
		for p.k = 0; p.k < p.a.Cols; p.k += p.deep {
			p.deep = min(depth*ints.per, p.a.Cols-p.k)
			for p.i = 0; p.i < p.c.Rows; p.i += p.m {
				p.m = min(len(p.roomA)/panelDown, p.c.Rows-p.i)
				if few {
					p.pack(0, p.panels()+p.slices())
					p.multiply(0, p.parts())
				} else {
					w.pool.Split(p.panels()+p.slices(), 1, 8, w.packWords)
					w.pool.Split(p.parts(), 1, 64, w.multiplyWords)
				}
			}
		}
	}
}

// steps returns the words of each row and column of the block.
func (p *wordProduct) steps() int { return ceil(p.deep, 4) * 4 / ints.per }

// panel returns the room of panel r of a, slice that of slice s of b.
func (p *wordProduct) panel(r int) []uint32 {
	return p.roomA[r*ints.rows*panelDown:][:(1+p.steps())*ints.rows]
}

func (p *wordProduct) slice(s int) []uint32 {
	return p.roomB[s*ints.cols*depth:][:p.steps()*ints.cols]
}

// pack copies panels and slices [lo, hi) of the block, the panels first. The rows and
// columns that are missing in the last ones are left as they are: nobody reads their sums.
func (p *wordProduct) pack(lo, hi int) {
	for at := lo; at < hi; at++ {
		if at >= p.panels() {
			s := at - p.panels()
			m := p.b.Sub(p.k, p.j+s*ints.cols, p.deep, min(ints.cols, p.n-s*ints.cols))
			var flip uint32
			if ints.offset != 0 {
				flip = flipSigns
			}
			packWords(p.slice(s), ints.cols, &m, flip)
			continue
		}
		m := p.a.Sub(p.i+at*ints.rows, p.k, min(ints.rows, p.m-at*ints.rows), p.deep).T()
		begin, words := p.panel(at)[:ints.rows], p.panel(at)[ints.rows:]
		packWords(words, ints.rows, &m, 0)
		for r := range begin {
			begin[r] = 0
			if ints.offset != 0 {
				begin[r] = uint32(-ints.offset * sumBytes(words[r:], ints.rows))
			}
		}
	}
}

// flipSigns of four int8 makes them unsigned, 128 larger.
const flipSigns = 0x80808080

// sumBytes returns the sum of the int8 in words that are so many apart.
func sumBytes(words []uint32, apart int) (sum int32) {
	for at := 0; at < len(words); at += apart {
		v := words[at] ^ flipSigns
		v = v&0xff00ff + v>>8&0xff00ff
		sum += int32(v*0x10001>>16) - 4*128
	}
	return sum
}

// packWords writes the columns of m side by side, width apart, as words along its rows. Where
// the rows end within a word, the rest of it is zero.
func packWords(dst []uint32, width int, m *Matrix[int8], flip uint32) {
	whole, k, j := m.Rows&^3, 0, 0
	switch {
	case m.Down == 1:
		// Where they are words already, those of eight columns are transposed.
		for ; j+8 <= m.Cols && whole > 0 && ints.per == 4; j += 8 {
			packColumns(dst[j:], width, m, j, whole, flip)
		}
		for ; j < m.Cols; j++ {
			column := m.Data[j*m.Right:][:whole]
			for k = 0; k < whole; k += 4 {
				c := column[k:][:4:4]
				putWord(dst, width, k, j, word(c[0], c[1], c[2], c[3])^flip)
			}
		}
	case m.Right == 1:
		if whole > 0 && m.Cols == width {
			k = packRowsVec(dst, m, whole, flip)
		}
		for ; k < whole; k += 4 {
			rows := m.Data[k*m.Down:]
			for j = 0; j+4 <= m.Cols; j += 4 {
				for c, v := range transposeBytes(rows[j:], m.Down) {
					putWord(dst, width, k, j+c, v^flip)
				}
			}
			for ; j < m.Cols; j++ {
				putWord(dst, width, k, j, word(rows[j], rows[j+m.Down], rows[j+2*m.Down], rows[j+3*m.Down])^flip)
			}
		}
	default:
		for j = range m.Cols {
			for k = 0; k < whole; k += 4 {
				c := m.Data[k*m.Down+j*m.Right:]
				putWord(dst, width, k, j, word(c[0], c[m.Down], c[2*m.Down], c[3*m.Down])^flip)
			}
		}
	}
	if whole < m.Rows {
		for j := range m.Cols {
			var v [4]int8
			for k := whole; k < m.Rows; k++ {
				v[k-whole] = m.Data[k*m.Down+j*m.Right]
			}
			putWord(dst, width, whole, j, word(v[0], v[1], v[2], v[3])^flip)
		}
	}
}

// packColumns packs eight columns, which lie in one piece each, for words of four.
func packColumns(dst []uint32, width int, m *Matrix[int8], j, whole int, flip uint32) {
	done := transposeWords(dst, width, m.Data[j*m.Right:], m.Right, whole/4)
	if flip != 0 {
		for k := range done {
			for c, v := range dst[k*width:][:8:8] {
				dst[k*width+c] = v ^ flip
			}
		}
	}
	for c := range 8 {
		column := m.Data[(j+c)*m.Right:][:whole]
		for k := done; k < whole/4; k++ {
			w := column[4*k:][:4:4]
			dst[k*width+c] = word(w[0], w[1], w[2], w[3]) ^ flip
		}
	}
}

func word(a, b, c, d int8) uint32 {
	return uint32(uint8(a)) | uint32(uint8(b))<<8 | uint32(uint8(c))<<16 | uint32(uint8(d))<<24
}

// transposeBytes returns the columns of four rows of four bytes each.
func transposeBytes(rows []int8, down int) [4]uint32 {
	row := func(r int) uint32 {
		v := rows[r*down:][:4:4]
		return word(v[0], v[1], v[2], v[3])
	}
	a, b, c, d := row(0), row(1), row(2), row(3)
	const even, odd = 0x00ff00ff, 0xff00ff00
	ab0, ab1 := a&even|b&even<<8, a&odd>>8|b&odd
	cd0, cd1 := c&even|d&even<<8, c&odd>>8|d&odd
	return [4]uint32{ab0&0xffff | cd0<<16, ab1&0xffff | cd1<<16, ab0>>16 | cd0&^0xffff, ab1>>16 | cd1&^0xffff}
}

// putWord stores the values of rows k to k+3 of column j.
func putWord(dst []uint32, width, k, j int, v uint32) {
	if ints.per == 4 {
		dst[k/4*width+j] = v
		return
	}
	dst[k/2*width+j], dst[(k/2+1)*width+j] = twoInts(v), twoInts(v>>16)
}

// twoInts widens the lower two int8 of v.
func twoInts(v uint32) uint32 { return uint32(uint16(int8(v))) | uint32(int8(v>>8))<<16 }

// multiply computes parts [lo, hi) of the block.
func (p *wordProduct) multiply(lo, hi int) { p.each(lo, hi, p.tile) }

// tile computes the tile in panel r and slice s of the block, in a copy if c cuts it off.
func (p *wordProduct) tile(r, s int) {
	i, j := r*ints.rows, s*ints.cols
	rows, cols := min(ints.rows, p.m-i), min(ints.cols, p.n-j)
	c := p.c.Data[(p.i+i)*p.c.Down+(p.j+j)*p.c.Right:]
	if rows == ints.rows && cols == ints.cols && p.c.Right == 1 {
		tileInts(p.panel(r), p.slice(s), c, p.c.Down, p.k > 0)
		return
	}
	var out [maxRows * maxCols]int32
	tileInts(p.panel(r), p.slice(s), out[:], ints.cols, false)
	for i := range rows {
		for j := range cols {
			to := &c[i*p.c.Down+j*p.c.Right]
			if p.k > 0 {
				*to += out[i*ints.cols+j]
			} else {
				*to = out[i*ints.cols+j]
			}
		}
	}
}
