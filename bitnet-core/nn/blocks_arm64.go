//go:build !purego

package nn

import (
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// rowsVec computes the products of four rows with x and reports whether there is a
// kernel for it. Like tokensVec, it adds as the kernel for F32 does: the product is the
// same to the bit as that of an F32 matrix of the decoded weights.
func rowsVec(out *[4]float32, w []byte, d dtype.DType, stride int, x []float32) bool {
	if kernels.level < simd.NEON {
		return false
	}
	switch d {
	case dtype.Q8_0:
		rows4Q8_0NEON(out, &w[0], stride, &x[0], len(x))
	case dtype.Q6_K:
		rows4Q6_KNEON(out, &w[0], stride, &x[0], len(x))
	default:
		rows4Q4_0NEON(out, &w[0], stride, &x[0], len(x))
	}
	return true
}

// tokensVec computes the products of rows <= 2 rows with the n <= 4 rows of x,
// likewise: out[r][t]. The last one stands in for those that lack.
func tokensVec(out *[2][4]float32, w []byte, d dtype.DType, stride, rows, n int, x []float32) bool {
	if kernels.level < simd.NEON {
		return false
	}
	cols := len(x) / n
	x0, x1 := &x[0], &x[min(1, n-1)*cols]
	x2, x3 := &x[min(2, n-1)*cols], &x[(n-1)*cols]
	for r := range rows {
		row := &w[r*stride]
		switch d {
		case dtype.Q8_0:
			tokens4Q8_0NEON(&out[r], row, stride, x0, x1, x2, x3, cols)
		case dtype.Q6_K:
			tokens4Q6_KNEON(&out[r], row, stride, x0, x1, x2, x3, cols)
		default:
			tokens4Q4_0NEON(&out[r], row, stride, x0, x1, x2, x3, cols)
		}
	}
	return true
}
