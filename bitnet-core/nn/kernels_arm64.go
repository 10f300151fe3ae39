//go:build !purego

package nn

import (
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// choose returns the kernels of the highest variant that level allows. The levels
// above NEON add integer products alone.
func choose(level simd.Level) kernelSet {
	if level < simd.NEON {
		return kernelSet{name: "generic"}
	}
	return kernelSet{"neon", simd.NEON}
}

// whole returns the part of n values that fills groups.
func whole(n, group int) int {
	if kernels.level < simd.NEON {
		return 0
	}
	return n / group * group
}

func dotVec(dst []float32, ld int, w []byte, d dtype.DType, stride, rows int, x []float32, cols int) int {
	n := whole(cols, 16)
	if n == 0 {
		return 0
	}
	var out [4]float32
	// Four rows stay in the first-level cache while every token passes.
	for r := 0; r < rows; r += 4 {
		for t := range len(x) / cols {
			one, to := &x[t*cols], dst[t*ld+r:t*ld+min(r+4, rows)]
			if len(to) == 4 {
				dotFour(&out, &w[r*stride], d, stride, one, n)
				copy(to, out[:])
				continue
			}
			// Fewer rows: each alone, four times over by a stride of zero.
			for i := range to {
				dotFour(&out, &w[(r+i)*stride], d, 0, one, n)
				to[i] = out[0]
			}
		}
	}
	return n
}

func dotFour(out *[4]float32, w *byte, d dtype.DType, stride int, x *float32, n int) {
	switch d {
	case dtype.F32:
		dotRows4F32NEON(out, w, stride, x, n)
	case dtype.F16:
		dotRows4F16NEON(out, w, stride, x, n)
	default:
		dotRows4BF16NEON(out, w, stride, x, n)
	}
}

func weightedSumVec(dst []float32, rows []byte, d dtype.DType, p []float32) int {
	const step = 32
	_, size := d.Block()
	stride, columns := len(dst)*size, whole(len(dst), step)
	for c := 0; c < columns; c += step {
		if d == dtype.F16 {
			weightedSumF16NEON(&dst[c], &rows[c*size], stride, &p[0], len(p))
		} else {
			weightedSumF32NEON(&dst[c], &rows[c*size], stride, &p[0], len(p))
		}
	}
	return columns
}

func expSumVec(x []float32, top float32) (n int, sum float32) {
	if n = whole(len(x), 4); n > 0 {
		expSumNEON(&x[0], n, top, &sum)
	}
	return n, sum
}
