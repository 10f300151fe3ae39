//go:build (amd64 || arm64) && !purego

package ternary

import "github.com/bitnet-go/bitnet/bitnet-quant/int8act"

// Here and not in mul_arm64.go, so that it runs on every machine.
//go:generate go run -C _asm ./arm64 -out ../tile_arm64.s -stubs ../tile_stub_arm64.go

// A tileFunc multiplies groups of R packed rows at w with N rows of activations
// at x. Rows are blocks ≥ 1 blocks long and follow each other without a gap. In
// Go, with dot as in dotGeneric but for codes instead of weights:
//
//	for g := range groups*R {
//		for n := range N {
//			dst[n*ld+g] = dot(w[g], x[n]) - sum[n]
//		}
//	}
type tileFunc func(dst *int32, ld int, w *byte, x *int8, blocks, groups int, sum *int32)

// tiles are the inner kernels of one instruction set.
type tiles struct {
	row    tileFunc   // R = 1, N = 1
	tokens []tileFunc // R = 4, N = the index; entries from 1 up
	stream tileFunc   // tokens[1] for weights from memory; nil if that is as good
}

const (
	groupRows = 4 // R of tiles.tokens

	// Rows that fit here are multiplied with all tokens of the tile before the
	// next ones are taken, so that a group of tokens is used several times while
	// it is in the first-level cache.
	rowTileBytes = 16 << 10
)

// mul is Mul by tiles. Weights are read from memory once for each token tile,
// which is once for the few tokens of a decoding step.
func (k *tiles) mul(dst []int32, ld int, m *Matrix, x *int8act.Rows, lo, hi int) {
	stride, widest := Stride(m.Cols), len(k.tokens)-1
	blocks := stride / BlockBytes
	rows := (hi - lo) / groupRows * groupRows
	if x.T == 1 && m.Streamed && k.stream != nil && rows > 0 {
		k.stream(&dst[0], ld, &m.Data[lo*stride], &x.Q[0], blocks, rows/groupRows, &x.Sum[0])
		if lo += rows; lo < hi {
			k.row(&dst[rows], ld, &m.Data[lo*stride], &x.Q[0], blocks, hi-lo, &x.Sum[0])
		}
		return
	}
	tokenTile := max(tokenTileBytes/x.Stride/widest, 1) * widest
	rowTile := max(rowTileBytes/stride/groupRows, 1) * groupRows
	if x.T <= widest {
		rowTile = max(rows, 1) // every row meets one group of tokens
	}
	for t0 := 0; t0 < x.T; t0 += tokenTile {
		t1 := min(t0+tokenTile, x.T)
		for r := 0; r < rows; r += rowTile {
			groups := min(rowTile, rows-r) / groupRows
			for t := t0; t < t1; {
				n := min(t1-t, widest)
				k.tokens[n](&dst[t*ld+r], ld, &m.Data[(lo+r)*stride], &x.Q[t*x.Stride], blocks, groups, &x.Sum[t])
				t += n
			}
		}
		if left := hi - lo - rows; left > 0 {
			for t := t0; t < t1; t++ {
				k.row(&dst[t*ld+rows], ld, &m.Data[(lo+rows)*stride], &x.Q[t*x.Stride], blocks, left, &x.Sum[t])
			}
		}
	}
}
