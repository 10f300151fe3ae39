package blas

// pack copies panels and slices [lo, hi) of the block's operands to where the kernel
// reads them: the panels of a first, as many rows of a as a tile has, then the slices
// of b, as many columns. What is missing in the last ones is zero.
func (p *product) pack(lo, hi int) {
	for i := lo; i < hi; i++ {
		if i < p.panels() {
			p.packA(i)
		} else {
			p.packB(i - p.panels())
		}
	}
}

// panel returns panel r of a. Its rows lie as those of a do: in one piece, or if
// the columns of a do, side by side.
func (p *product) panel(r int) (a []float32, down, right int) {
	room := p.roomA[r*kernels.rows*panelDown:][:kernels.rows*panelDown]
	if p.columnsA() {
		return room, 1, kernels.rows
	}
	return room, p.deep + rowGap, 1
}

// columnsA reports whether a lies column by column.
func (p *product) columnsA() bool { return p.a.Down == 1 && p.a.Right != 1 }

func (p *product) packA(r int) {
	room, down, right := p.panel(r)
	i := p.i + r*kernels.rows
	rows := min(kernels.rows, p.i+p.m-i)
	src := p.a.Data[i*p.a.Down+p.k*p.a.Right:]
	if p.columnsA() {
		for k := range p.deep {
			dst := room[k*right:][:kernels.rows]
			clear(dst[copy(dst, src[k*p.a.Right:][:rows]):])
		}
		return
	}
	for i := range kernels.rows {
		dst := room[i*down:][:p.deep]
		switch {
		case i >= rows:
			clear(dst)
		case p.a.Right == 1:
			copy(dst, src[i*p.a.Down:])
		default:
			for k := range dst {
				dst[k] = src[i*p.a.Down+k*p.a.Right]
			}
		}
	}
}

// slice returns slice s of b, row after row.
func (p *product) slice(s int) []float32 {
	return p.roomB[s*kernels.cols*depth:][:kernels.cols*p.deep]
}

func (p *product) packB(s int) {
	room, down := p.slice(s), kernels.cols
	j := p.j + s*kernels.cols
	cols := min(down, p.j+p.n-j)
	src := p.b.Data[p.k*p.b.Down+j*p.b.Right:]
	if p.b.Right == 1 {
		for k := range p.deep {
			dst := room[k*down:][:down]
			clear(dst[copy(dst, src[k*p.b.Down:][:cols]):])
		}
		return
	}
	if cols < down {
		clear(room)
	}
	p.gather(room, down, src, cols)
}

// gather copies columns of b that begin at src to rows that are down apart.
func (p *product) gather(room []float32, down int, src []float32, cols int) {
	j := 0
	if p.b.Down == 1 {
		for ; j+8 <= cols; j += 8 {
			done := transposeVec(room[j:], down, src[j*p.b.Right:], p.b.Right, p.deep)
			for k := done; k < p.deep; k++ {
				for i := j; i < j+8; i++ {
					room[k*down+i] = src[k+i*p.b.Right]
				}
			}
		}
	}
	for ; j < cols; j++ {
		for k := range p.deep {
			room[k*down+j] = src[k*p.b.Down+j*p.b.Right]
		}
	}
}
