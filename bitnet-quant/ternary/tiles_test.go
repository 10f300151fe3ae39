package ternary

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bitnet-go/bitnet/bitnet-quant/internal/simdtest"
)

// TestMulTiles covers products of several token tiles and row tiles.
func TestMulTiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	shapes := []struct{ rows, cols, tokens int }{
		{13, 6912, 41}, {70, 2560, 9}, {70, 300, 515}, {6, 66000, 7},
	}
	if simdtest.Emulated() {
		shapes = shapes[1:2]
	}
	for _, tt := range shapes {
		newProduct(rng, tt.rows, tt.cols, tt.tokens).check(t, 1, tt.rows, 3)
	}
}

// matrixVariants lists the variants that tests of large tiles run. Emulated
// vector kernels are left out: they have no such tiles and take too long.
func matrixVariants() []variant {
	return slices.DeleteFunc(runnable(), func(v variant) bool { return simdtest.Emulated() && v.name == "avxvnni" })
}

// TestMulMatrixTiles covers the tiles of matrix units, 16 rows by 16 tokens and
// pairs of them, with all that can be left over of them, and sums that are
// gathered in several passes over the columns.
func TestMulMatrixTiles(t *testing.T) {
	if testing.Short() {
		t.Skip("computes for long; TestMulConcurrent has these tiles too")
	}
	rng := rand.New(rand.NewPCG(11, 12))
	cols := []int{1, 1025, 256, 300, 2304}
	i := 0
	for _, rows := range []int{16, 17, 31, 32, 33, 50, 129} {
		for _, tokens := range []int{15, 16, 17, 31, 32, 33, 47, 48, 64} {
			p := newProduct(rng, rows, cols[i%len(cols)], tokens)
			p.checkVariants(t, matrixVariants(), 0, rows, 0)
			lo := rng.IntN(rows)
			p.checkVariants(t, matrixVariants(), lo, lo+1+rng.IntN(rows-lo), rng.IntN(5))
			i++
		}
	}
	newProduct(rng, 70, 1300, 515).checkVariants(t, matrixVariants(), 1, 70, 0)
}

func TestMulMatrixTilesExtremes(t *testing.T) {
	for _, cols := range []int{256, 2048, 13824} {
		for _, w := range []int8{-1, 1} {
			for _, q := range []int8{-128, 127} {
				p := newProduct(rand.New(rand.NewPCG(0, 0)), 16, cols, 16)
				fill(p.w, w)
				fill(p.q, q)
				p.load(16)
				p.checkVariants(t, matrixVariants(), 0, 16, 0)
			}
		}
	}
}

func TestMulMatrixTilesBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	for _, rows := range []int{16, 19, 32, 45} {
		for _, tokens := range []int{16, 18, 40} {
			newProduct(rng, rows, 520, tokens).checkBounds(t, matrixVariants())
		}
	}
}

// TestMulAlignment moves weights and activations to every offset from a vector
// boundary.
func TestMulAlignment(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	step := 1
	if simdtest.Emulated() {
		step = 9
	}
	for off := 0; off < 64; off += step {
		p := newProduct(rng, 21, 700, 17)
		data := make([]byte, off+len(p.m.Data))[off:]
		q := make([]int8, 63-off+len(p.x.Q))[63-off:]
		copy(data, p.m.Data)
		copy(q, p.x.Q)
		p.m.Data, p.x.Q = data, q
		p.check(t, 0, 21, 1)
	}
}
