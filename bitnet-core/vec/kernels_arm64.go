//go:build !purego

package vec

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

// choose returns the kernels of the highest variant that level allows. The levels
// above NEON add integer products alone.
func choose(level simd.Level) kernelSet {
	if level < simd.NEON {
		return kernelSet{name: "generic"}
	}
	return kernelSet{"neon", simd.NEON}
}

// group is how many values a kernel takes at a time.
const group = 8

func whole(n int) int {
	if kernels.level < simd.NEON {
		return 0
	}
	return n / group * group
}

// head is 0: nothing is stored past the caches.
func head([]float32, Stores) int { return 0 }

func binaryVec(op Op, dst, a, b []float32, _ Stores) int {
	n := whole(len(dst))
	if n > 0 {
		binaryNEON(int(op), &dst[0], &a[0], &b[0], n)
	}
	return n
}

func scalarVec(op scalarOp, dst, a []float32, s float32, _ Stores) int {
	n := whole(len(dst))
	if n > 0 {
		scalarNEON(int(op), &dst[0], &a[0], n, s)
	}
	return n
}

func unaryVec(f Func, dst, a []float32, _ Stores) int {
	n := whole(len(dst))
	if n > 0 {
		unaryNEON(int(f), &dst[0], &a[0], n)
	}
	return n
}

// sumVec is [sumColumns] of at least one row.
func sumVec(op sumOp, x []float32, center float64) float64 {
	if kernels.level < simd.NEON {
		return sumColumns(op, x, center)
	}
	return sumsNEON(int(op), &x[0], len(x), center)
}

func extremeVec(larger bool, x []float32) (n int, top float32) {
	if n = whole(len(x)); n == 0 {
		return 0, 0
	}
	op := 0
	if larger {
		op = 1
	}
	return n, extremesNEON(op, &x[0], n)
}

func accumulateVec(sums []float64, x []float32) int {
	n := whole(len(x))
	if n > 0 {
		accumulateNEON(&sums[0], &x[0], n)
	}
	return n
}

// Fence ends a sequence of operations with [PastUnfenced]. Here it has nothing to do.
func Fence() {}
