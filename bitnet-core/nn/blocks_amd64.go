//go:build !purego

package nn

//go:generate env GOWORK=off go run -C _asm ./blocks -out ../blocks_amd64.s -stubs ../blocks_stub_amd64.go -pkg nn

import (
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// rowsVec computes the products of the rows of w, which follow one another, with x and
// reports whether there is a kernel for it. Like tokensVec, it adds as the kernels for F32
// do: the product is the same to the bit as that of an F32 matrix of the decoded
// weights.
func rowsVec(out []float32, w []byte, d dtype.DType, x []float32) bool {
	switch kernels.level {
	case simd.AVX512:
		switch d {
		case dtype.Q8_0:
			blockRowsQ8_0AVX512(&out[0], &w[0], &x[0], len(x), len(out))
		case dtype.Q6_K:
			blockRowsQ6_KAVX512(&out[0], &w[0], &x[0], len(x), len(out))
		default:
			blockRowsQ4_0AVX512(&out[0], &w[0], &x[0], len(x), len(out))
		}
	case simd.AVX2:
		switch d {
		case dtype.Q8_0:
			blockRowsQ8_0AVX2(&out[0], &w[0], &x[0], len(x), len(out))
		case dtype.Q6_K:
			blockRowsQ6_KAVX2(&out[0], &w[0], &x[0], len(x), len(out))
		default:
			blockRowsQ4_0AVX2(&out[0], &w[0], &x[0], len(x), len(out))
		}
	default:
		return false
	}
	return true
}

// tokensVec computes the products of rows <= 2 rows with the n <= 4 rows of x,
// likewise: out[r][t]. The last one stands in for those that lack.
func tokensVec(out *[2][4]float32, w []byte, d dtype.DType, stride, rows, n int, x []float32) bool {
	cols := len(x) / n
	x0, x1 := &x[0], &x[min(1, n-1)*cols]
	x2, x3 := &x[min(2, n-1)*cols], &x[(n-1)*cols]
	switch kernels.level {
	case simd.AVX512:
		stride *= rows - 1
		switch d {
		case dtype.Q8_0:
			tokens4x2Q8_0AVX512(out, &w[0], stride, x0, x1, x2, x3, cols)
		case dtype.Q6_K:
			tokens4x2Q6_KAVX512(out, &w[0], stride, x0, x1, x2, x3, cols)
		default:
			tokens4x2Q4_0AVX512(out, &w[0], stride, x0, x1, x2, x3, cols)
		}
	case simd.AVX2:
		for r := range rows {
			row := &w[r*stride]
			switch d {
			case dtype.Q8_0:
				tokens4Q8_0AVX2(&out[r], row, stride, x0, x1, x2, x3, cols)
			case dtype.Q6_K:
				tokens4Q6_KAVX2(&out[r], row, stride, x0, x1, x2, x3, cols)
			default:
				tokens4Q4_0AVX2(&out[r], row, stride, x0, x1, x2, x3, cols)
			}
		}
	default:
		return false
	}
	return true
}
