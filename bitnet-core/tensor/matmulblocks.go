package tensor

import (
	"github.com/bitnet-go/bitnet/bitnet-core/blas"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/internal/tq"
)

// side is how many rows and columns of operands of other types than blas's are converted
// at a time.
const side = 512

// A grid16 is a matrix of elements of 16 bits.
type grid16 struct {
	bits        []uint16
	down, right int
	half        half
	room        []uint16 // side elements
}

// block converts rows i and columns j on to dst, in the order of their memory.
func (g grid16) block(dst []float32, i, j, rows, cols int) blas.Matrix[float32] {
	if g.right > g.down { // by columns
		g.down, g.right = g.right, g.down
		return g.block(dst, j, i, cols, rows).T()
	}
	for r := range rows {
		src, row := g.bits[(i+r)*g.down+j*g.right:], dst[r*cols:][:cols]
		if g.right == 1 {
			g.half.widen(row, src[:cols])
		} else {
			g.half.widen(row, gather(g.room[:cols], src, g.right))
		}
	}
	return blas.Dense(dst[:rows*cols], rows, cols)
}

// store rounds c to row i and columns j on.
func (g grid16) store(i, j int, c blas.Matrix[float32]) {
	for r := range c.Rows {
		dst, row := g.bits[(i+r)*g.down+j*g.right:], c.Data[r*c.Cols:][:c.Cols]
		if g.right == 1 {
			g.half.narrow(dst[:c.Cols], row)
		} else {
			g.half.narrow(g.room[:c.Cols], row)
			scatter(dst, g.room[:c.Cols], g.right)
		}
	}
}

func multiplyHalves(w *blas.Workspace, p *products) {
	m, n, k := min(p.m, side), min(p.n, side), min(p.k, side)
	x, y, sums := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
	h, room := halfOf(p.a.dtype), make([]uint16, side)
	a, b := values[uint16](p.a), values[uint16](p.b)
	var whole []float32
	var rounded []uint16
	if p.dst.dtype == dtype.F32 {
		whole = values[float32](p.dst)
	} else {
		rounded = values[uint16](p.dst)
	}
	for pos := range p.walk.all() {
		left, right := grid16{a, p.down[1], p.right[1], h, room}, grid16{b, p.down[2], p.right[2], h, room}
		if p.k > 0 {
			left.bits, right.bits = a[pos[1]:], b[pos[2]:]
		}
		for i := 0; i < p.m; i += side {
			for j := 0; j < p.n; j += side {
				rows, cols := min(side, p.m-i), min(side, p.n-j)
				c := blas.Dense(sums[:rows*cols], rows, cols)
				clear(c.Data)
				for k := 0; k < p.k; k += side {
					deep := min(side, p.k-k)
					w.Gemm(c, 1, left.block(x, i, k, rows, deep), right.block(y, k, j, deep, cols), 1)
				}
				if whole == nil {
					grid16{rounded[pos[0]:], p.down[0], p.right[0], h, room}.store(i, j, c)
					continue
				}
				for r := range rows {
					dst, row := whole[pos[0]+(i+r)*p.down[0]+j*p.right[0]:], c.Data[r*cols:][:cols]
					if p.right[0] == 1 {
						copy(dst, row)
					} else {
						scatter(dst, row, p.right[0])
					}
				}
			}
		}
	}
}

// tqRows is how many rows of weights are unpacked at a time.
const tqRows = 64

func multiplyTernary(w *blas.Workspace, p *products) {
	_, size := p.a.dtype.Block()
	weights, b := p.a.Bytes(), values[int8](p.b)
	blocks := p.k / tq.Weights
	codes := make([]int8, tqRows*tq.Weights)
	part := make([]int32, tqRows*min(p.n, side))
	var scales [tqRows]float32
	add := p.adder()
	for pos := range p.walk.all() {
		for i := 0; i < p.m; i += tqRows {
			for j := 0; j < p.n; j += side {
				rows, cols := min(tqRows, p.m-i), min(side, p.n-j)
				c := blas.Dense(part[:rows*cols], rows, cols)
				if blocks == 0 {
					clear(c.Data)
					add(pos[0], i, j, c, &scales, true)
				}
				for k := range blocks {
					for r := range rows {
						block := weights[((i+r)*blocks+k)*size:]
						scales[r] = tq.Decode((*[tq.Weights]int8)(codes[r*tq.Weights:]), block, p.a.dtype)
					}
					x := blas.Matrix[int8]{
						Data: b[pos[2]+k*tq.Weights*p.down[2]+j*p.right[2]:],
						Rows: tq.Weights, Cols: cols, Down: p.down[2], Right: p.right[2],
					}
					multiplyInt8(w, c, blas.Dense(codes[:rows*tq.Weights], rows, tq.Weights), x)
					add(pos[0], i, j, c, &scales, k == 0)
				}
			}
		}
	}
}

// adder returns a function that adds the sums of a block of weights to dst from row i
// and column j on, or sets it to them if they are the first.
func (p *products) adder() func(pos, i, j int, c blas.Matrix[int32], scales *[tqRows]float32, first bool) {
	if p.dst.dtype == dtype.I32 {
		dst := values[int32](p.dst)
		return func(pos, i, j int, c blas.Matrix[int32], _ *[tqRows]float32, first bool) {
			for r := range c.Rows {
				at := pos + (i+r)*p.down[0] + j*p.right[0]
				for _, v := range c.Data[r*c.Cols:][:c.Cols] {
					if !first {
						v += dst[at]
					}
					dst[at] = v
					at += p.right[0]
				}
			}
		}
	}
	dst := values[float32](p.dst)
	return func(pos, i, j int, c blas.Matrix[int32], scales *[tqRows]float32, first bool) {
		for r := range c.Rows {
			at := pos + (i+r)*p.down[0] + j*p.right[0]
			for _, v := range c.Data[r*c.Cols:][:c.Cols] {
				s := float32(float32(v) * scales[r]) // not fused with the sum
				if !first {
					s += dst[at]
				}
				dst[at] = s
				at += p.right[0]
			}
		}
	}
}
