//go:build !purego

package nn

import (
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// rowsVec computes the products of the rows of w, which follow one another, with x and
// reports whether there is a kernel for it. Like tokensVec, it adds as the kernel for F32
// does: the product is the same to the bit as that of an F32 matrix of the decoded
// weights.
func rowsVec(out []float32, w []byte, d dtype.DType, x []float32) bool {
	if kernels.level < simd.NEON {
		return false
	}
	stride := len(w) / len(out)
	for len(out) >= 4 {
		rows4NEON((*[4]float32)(out), &w[0], d, stride, x)
		out, w = out[4:], w[4*stride:]
	}
	for i := range out {
		// A row alone goes through the same kernel, four times over by a stride of zero.
		var same [4]float32
		rows4NEON(&same, &w[i*stride], d, 0, x)
		out[i] = same[0]
	}
	return true
}

func rows4NEON(out *[4]float32, w *byte, d dtype.DType, stride int, x []float32) {
	switch d {
	case dtype.Q8_0:
		rows4Q8_0NEON(out, w, stride, &x[0], len(x))
	case dtype.Q6_K:
		rows4Q6_KNEON(out, w, stride, &x[0], len(x))
	default:
		rows4Q4_0NEON(out, w, stride, &x[0], len(x))
	}
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
