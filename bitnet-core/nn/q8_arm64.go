//go:build !purego

package nn

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

const (
	q8Rows    = 4  // of one call
	q8Columns = 16 // that one call of values adds
)

// factorsVec is factors, and reports whether it could do it.
func factorsVec(dst []byte, stride int, x []float32, ld, rows int, scales []byte, ahead int) bool {
	if kernels.level < simd.NEON {
		return false
	}
	factorsQ8NEON(&dst[0], stride, &x[0], ld, rows, &scales[0], ahead)
	return true
}

// scoresQ8Vec sets dst (rows, ld) to the scores of blocks of keys for the factors q
// (rows, groups, factorBytes), and reports whether it could do it.
func scoresQ8Vec(dst []float32, ld int, q []byte, rows, width int, keys []byte, blocks int) bool {
	if kernels.level < simd.NEON || width%4 != 0 {
		return false
	}
	stride := groups(width) * factorBytes
	r := 0
	for ; r+q8Rows <= rows; r += q8Rows {
		scoresQ8x4NEON(&dst[r*ld], ld, &q[r*stride], stride, width, &keys[0], blocks)
	}
	for ; r < rows; r++ {
		scoresQ8x1NEON(&dst[r*ld], ld, &q[r*stride], stride, width, &keys[0], blocks)
	}
	return true
}

// valuesQ8Vec is valuesQ8, and returns for how many of the columns, from the first
// on, it could do it.
func valuesQ8Vec(dst []float32, width, rows, columns int, w, values []byte, ahead int) int {
	n := whole(columns, q8Columns)
	for c := 0; c < n; c += q8Columns {
		r := 0
		for ; r+q8Rows <= rows; r += q8Rows {
			valuesQ8x4NEON(&dst[r*width+c], width, &w[r*factorBytes], &values[2*c], 2*width, ahead)
		}
		for ; r < rows; r++ {
			valuesQ8x1NEON(&dst[r*width+c], width, &w[r*factorBytes], &values[2*c], 2*width, ahead)
		}
	}
	return n
}
