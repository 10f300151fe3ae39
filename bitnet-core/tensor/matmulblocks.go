package tensor

import (
	"encoding/binary"

	"github.com/bitnet-go/bitnet/bitnet-core/blas"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
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

// Weights of TQ1_0 and TQ2_0 come in blocks of 256 along a row: codes, which are the
// weight plus one, and the scale as f16.
const (
	tqWeights = 256
	tq1Bytes  = 54
	tq2Bytes  = 66
)

// tqRows is how many rows of weights are unpacked at a time.
const tqRows = 64

func multiplyTernary(w *blas.Workspace, p *products) {
	size, unpack := tq1Bytes, unpackTQ1
	if p.a.dtype == dtype.TQ2_0 {
		size, unpack = tq2Bytes, unpackTQ2
	}
	weights, b := p.a.Bytes(), values[int8](p.b)
	blocks := p.k / tqWeights
	codes := make([]int8, tqRows*tqWeights)
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
						block := weights[((i+r)*blocks+k)*size:][:size]
						unpack((*[tqWeights]int8)(codes[r*tqWeights:]), block)
						scales[r] = dtype.F16ToF32(binary.LittleEndian.Uint16(block[size-2:]))
					}
					x := blas.Matrix[int8]{
						Data: b[pos[2]+k*tqWeights*p.down[2]+j*p.right[2]:],
						Rows: tqWeights, Cols: cols, Down: p.down[2], Right: p.right[2],
					}
					w.GemmInt8(c, blas.Dense(codes[:rows*tqWeights], rows, tqWeights), x)
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

// unpackTQ2 takes bytes of four codes: byte 32h+m holds those of weights 128h+m,
// 128h+32+m, 128h+64+m and 128h+96+m, the first in the lowest bits.
func unpackTQ2(dst *[tqWeights]int8, b []byte) {
	for i := 0; i < tqWeights; i += 32 {
		out, shift := dst[i:i+32], i%128/32*2
		for m, v := range b[i/128*32:][:32] {
			out[m] = int8(v>>shift&3) - 1
		}
	}
}

// unpackTQ1 takes bytes ⌈v·256/243⌉ of numbers v of five base-3 digits: multiplying by 3
// moves the next digit above bit 8. Digit n of byte m < 32 is the code of weight m+32n, of
// byte 32+m, m < 16, that of 160+m+16n, and of byte 48+m, m < 4, of 240+m+4n with n < 4.
func unpackTQ1(dst *[tqWeights]int8, b []byte) {
	for _, part := range [3]struct{ from, weights, count, digits int }{{0, 0, 32, 5}, {32, 160, 16, 5}, {48, 240, 4, 4}} {
		for m, v := range b[part.from:][:part.count] {
			for n := range part.digits {
				dst[part.weights+m+part.count*n] = int8(uint16(v)*3>>8) - 1
				v *= 3
			}
		}
	}
}
