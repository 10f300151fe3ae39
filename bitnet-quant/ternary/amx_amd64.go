//go:build !purego

package ternary

import (
	"encoding/binary"
	"sync"

	"github.com/bitnet-go/bitnet/bitnet-quant/int8act"
)

// AMX multiplies matrices: a tile of 16 tokens × 64 columns with one of 64 columns
// × 16 rows in 16 cycles, where AVX-512 VNNI takes 128 to 256. But the weights have
// to be unpacked to memory first, so it takes some tokens to pay.
const (
	amxTile      = 16 // tokens or rows of a tile
	amxMinTokens = 16 // fewer are for AVX-512 VNNI

	// Unpacked weights of two row tiles and this many blocks are 32 KiB: they stay
	// in the first-level cache while all tokens pass.
	amxBlocks = 4

	// Activations of this many tokens and amxBlocks blocks are 512 KiB, their sums
	// for amxRows rows 256 KiB: they stay in the second-level cache of 2 MiB. A
	// call works on these tokens for at most 16,384 cycles, so it does not keep
	// the garbage collector waiting.
	amxTokens = 512
	amxRows   = 128
)

// amxBuffer is what a product needs beside its operands. It begins on a cache line,
// since Go's allocator gives whole pages to more than 32 KiB.
type amxBuffer struct {
	weights [2][amxTile * amxBlocks * BlockLen]int8 // tiles of unpackAMX
	config  [64]byte
}

var amxBuffers = sync.Pool{New: func() any { return new(amxBuffer) }}

// amxKernels holds the kernels by tiles of tokens and of rows, less one.
//
// They compute, for each token t and row r of the tiles, with w as unpackAMX
// leaves it,
//
//	dst[t*ld+r] = Σ w[r]·x[t*stride]  over 64*steps columns
//
// or add to dst what they compute. groups pairs (or single tiles) of token tiles
// follow each other.
var amxKernels = [2][2]func(cfg *[64]byte, dst *int32, ld int, x *int8, stride int, w0, w1 *int8, steps, groups int, add bool){
	{gemmAMX1x1, gemmAMX1x2}, {gemmAMX2x1, gemmAMX2x2},
}

// mulAMX goes through the columns in the outer loop and adds up in dst, so that
// what the inner loops use again stays in the caches.
func mulAMX(dst []int32, ld int, m *Matrix, x *int8act.Rows, lo, hi int) {
	if x.T < amxMinTokens || hi-lo < amxTile {
		if m.Layout == Base3 {
			mulBase3VBMI(dst, ld, m, x, lo, hi)
		} else {
			mulVNNI(dst, ld, m, x, lo, hi)
		}
		return
	}
	b := amxBuffers.Get().(*amxBuffer)
	defer amxBuffers.Put(b)
	blocks := (m.Cols + BlockLen - 1) / BlockLen
	passes := (x.T + amxTokens - 1) / amxTokens
	step := ((x.T+passes-1)/passes + 2*amxTile - 1) &^ (2*amxTile - 1)
	for t := 0; t < x.T; t += step {
		for tile := lo; tile < hi; tile += amxRows {
			end := min(tile+amxRows, hi)
			for k := 0; k < blocks; k += amxBlocks {
				for r := tile; r < end; {
					next := min(r+2*amxTile, end)
					if m.Layout == Base3 && r%amxTile > 0 {
						next = min(r/amxTile*amxTile+amxTile, end) // its tiles have fixed places
					}
					b.mul(dst[t*ld+r-lo:], ld, m, x, part{
						t, min(t+step, x.T), r, next, k, min(k+amxBlocks, blocks),
					})
					r = next
				}
			}
		}
	}
}

// A part is a piece of a product: tokens t0 ≤ t < t1, rows r0 ≤ r < r1 and blocks
// of columns k0 ≤ k < k1.
type part struct{ t0, t1, r0, r1, k0, k1 int }

// mul multiplies a part of up to two tiles of rows and amxBlocks blocks. dst begins
// with its first sum. Unless the row's first block is in it, it adds to dst.
func (b *amxBuffer) mul(dst []int32, ld int, m *Matrix, x *int8act.Rows, p part) {
	rows, blocks := split(p.r1-p.r0), p.k1-p.k0
	w0 := b.unpack(0, m, p.r0, rows[0], p.k0, blocks)
	w1 := w0
	if rows[1] > 0 {
		w1 = b.unpack(1, m, p.r0+amxTile, rows[1], p.k0, blocks)
	}
	t := p.t0
	multiply := func(tokens [2]int, groups int) {
		b.configure(tokens, rows)
		kernel := amxKernels[min(tokens[1], 1)][min(rows[1], 1)]
		kernel(&b.config, &dst[(t-p.t0)*ld], ld, &x.Q[t*x.Stride+p.k0*BlockLen], x.Stride, w0, w1,
			4*blocks, groups, p.k0 > 0)
		t += groups * (tokens[0] + tokens[1])
	}
	if pairs := (p.t1 - t) / (2 * amxTile); pairs > 0 {
		multiply([2]int{amxTile, amxTile}, pairs)
	}
	if t < p.t1 {
		multiply(split(p.t1-t), 1)
	}
}

// split divides up to 32 tokens or rows among two tiles.
func split(n int) [2]int { return [2]int{min(n, amxTile), max(n-amxTile, 0)} }

// unpack puts n rows from r on, their blocks from k on, into weight tiles i and returns where these begin.
// Fewer than 16 TwoBit rows are the last ones of the product: then the rows before them
// are unpacked too, and the tiles are narrowed to their last columns. Of Base3 all
// sixteen rows of a vector are unpacked.
func (b *amxBuffer) unpack(i int, m *Matrix, r, n, k, blocks int) *int8 {
	tiles := &b.weights[i]
	if m.Layout == Base3 {
		stride := base3Stride(m.Cols)
		at := k * unitsOfBlock * unitBytes
		// Columns past the last unit meet activations of 0.
		units := min(blocks*unitsOfBlock, (stride-at)/unitBytes)
		unpackBase3AMX(&tiles[0], &m.Data[r/GroupRows*stride+at], &base3Weights[r%GroupRows/amxTile], units)
		return &tiles[4*(r%amxTile)]
	}
	stride := Stride(m.Cols)
	missing := amxTile - n
	unpackAMX(&tiles[0], &m.Data[(r-missing)*stride+k*BlockBytes], stride, blocks)
	return &tiles[4*missing]
}

// base3Weights are the weights of each third of a group by their 5-bit code, twice.
var base3Weights = func() (table [3][64]int8) {
	for i := range 64 {
		code := int8(i % 32)
		table[0][i], table[1][i], table[2][i] = code%3-1, code/3%3-1, code/9%3-1
	}
	return table
}()

// configure describes the tiles of a kernel for LDTILECFG: 0 to 3 sums, 4 and 5
// activations, 6 and 7 weights. A tile that is not used has no rows.
func (b *amxBuffer) configure(tokens, rows [2]int) {
	b.config = [64]byte{0: 1} // palette 1
	set := func(tile, rows, bytes int) {
		if rows > 0 && bytes > 0 {
			binary.LittleEndian.PutUint16(b.config[16+2*tile:], uint16(bytes))
			b.config[48+tile] = byte(rows)
		}
	}
	for i := range 2 {
		set(2*i, tokens[i], 4*rows[0])
		set(2*i+1, tokens[i], 4*rows[1])
		set(4+i, tokens[i], 64)
		set(6+i, 16, 4*rows[i])
	}
}
