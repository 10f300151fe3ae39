//go:build !purego

package nn

import (
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// tileTokens is the number of tokens of dotTile.
const tileTokens = 3

// dotVec computes the front part of every product of dotRows with vectors and returns
// how many columns that is.
func dotVec(dst []float32, ld int, w []byte, d dtype.DType, stride, rows int, x []float32, cols int) int {
	n := whole(cols, 2)
	if n == 0 {
		return 0
	}
	tokens := len(x) / cols
	// What comes first reads from memory, where fewer tokens at once are faster.
	t := tokens % tileTokens
	dotFew(dst, ld, w, d, stride, rows, x[:t*cols], cols, n)
	tiled := rows / (lanes() / 4) * (lanes() / 4)
	for ; t < tokens; t += tileTokens {
		out, three := dst[t*ld:], x[t*cols:(t+tileTokens)*cols]
		if tiled > 0 {
			dotTile(&out[0], ld, &w[0], d, stride, &three[0], cols, n, tiled)
		}
		if tiled < rows {
			rest := w[tiled*stride:]
			dotFew(out[tiled:], ld, rest, d, stride, rows-tiled, three[:2*cols], cols, n)
			dotFew(out[2*ld+tiled:], ld, rest, d, stride, rows-tiled, three[2*cols:], cols, n)
		}
	}
	return n
}

// dotFew computes n columns of every product with up to two tokens.
func dotFew(dst []float32, ld int, w []byte, d dtype.DType, stride, rows int, x []float32, cols, n int) {
	switch len(x) / cols {
	case 1:
		dotOne(&dst[0], &w[0], d, stride, &x[0], n, rows)
	case 2:
		dotPair(&dst[0], ld, &w[0], d, stride, &x[0], cols, n, rows)
	}
}

func dotOne(dst *float32, w *byte, d dtype.DType, stride int, x *float32, n, rows int) {
	wide := kernels.level == simd.AVX512
	switch {
	case wide && d == dtype.F32:
		dotRowsF32AVX512(dst, w, stride, x, n, rows)
	case wide && d == dtype.F16:
		dotRowsF16AVX512(dst, w, stride, x, n, rows)
	case wide:
		dotRowsBF16AVX512(dst, w, stride, x, n, rows)
	case d == dtype.F32:
		dotRowsF32AVX2(dst, w, stride, x, n, rows)
	case d == dtype.F16:
		dotRowsF16AVX2(dst, w, stride, x, n, rows)
	default:
		dotRowsBF16AVX2(dst, w, stride, x, n, rows)
	}
}

func dotPair(dst *float32, ld int, w *byte, d dtype.DType, stride int, x *float32, cols, n, rows int) {
	wide := kernels.level == simd.AVX512
	switch {
	case wide && d == dtype.F32:
		dotPairF32AVX512(dst, ld, w, stride, x, cols, n, rows)
	case wide && d == dtype.F16:
		dotPairF16AVX512(dst, ld, w, stride, x, cols, n, rows)
	case wide:
		dotPairBF16AVX512(dst, ld, w, stride, x, cols, n, rows)
	case d == dtype.F32:
		dotPairF32AVX2(dst, ld, w, stride, x, cols, n, rows)
	case d == dtype.F16:
		dotPairF16AVX2(dst, ld, w, stride, x, cols, n, rows)
	default:
		dotPairBF16AVX2(dst, ld, w, stride, x, cols, n, rows)
	}
}

// dotTile multiplies rows, a multiple of a quarter of the lanes of a vector, with
// tileTokens tokens.
func dotTile(dst *float32, ld int, w *byte, d dtype.DType, stride int, x *float32, cols, n, rows int) {
	wide, groups := kernels.level == simd.AVX512, rows/(lanes()/4)
	switch {
	case wide && d == dtype.F32:
		dotTileF32AVX512(dst, ld, w, stride, x, cols, n, groups)
	case wide && d == dtype.F16:
		dotTileF16AVX512(dst, ld, w, stride, x, cols, n, groups)
	case wide:
		dotTileBF16AVX512(dst, ld, w, stride, x, cols, n, groups)
	case d == dtype.F32:
		dotTileF32AVX2(dst, ld, w, stride, x, cols, n, groups)
	case d == dtype.F16:
		dotTileF16AVX2(dst, ld, w, stride, x, cols, n, groups)
	default:
		dotTileBF16AVX2(dst, ld, w, stride, x, cols, n, groups)
	}
}
