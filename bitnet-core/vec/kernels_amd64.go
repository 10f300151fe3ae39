//go:build !purego

package vec

import (
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// choose returns the kernels of the highest variant that level allows.
func choose(level simd.Level) kernelSet {
	switch {
	case level >= simd.AVX512:
		return kernelSet{"avx512", simd.AVX512}
	case level >= simd.AVX2:
		return kernelSet{"avx2", simd.AVX2}
	}
	return kernelSet{name: "generic"}
}

// lanes returns the float32 values of a vector, 0 for "generic".
func lanes() int {
	switch kernels.level {
	case simd.AVX512:
		return 16
	case simd.AVX2:
		return 8
	}
	return 0
}

// whole returns the part of n values that fills groups of `vectors` vectors.
func whole(n, vectors int) int {
	group := vectors * lanes()
	if group == 0 {
		return 0
	}
	return n / group * group
}

// head returns how many values of dst are before the first vector that may be
// streamed, 0 without streaming.
func head(dst []float32, to Stores) int {
	if to == Cached || lanes() == 0 || len(dst) < lanes() {
		return 0
	}
	size := uintptr(4 * lanes())
	past := uintptr(unsafe.Pointer(unsafe.SliceData(dst))) % size
	return int((size - past) % size / 4)
}

// narrowFrom is from how many values on, which no core's own caches hold, functions with
// little arithmetic use vectors of 256 bits: Zen 4 then moves 3 to 8 % more bytes from the
// shared cache, and up to 25 % more from memory. The results have the same bits.
const narrowFrom = 1 << 17

func narrow(n int, to Stores) bool {
	return kernels.level < simd.AVX512 || n >= narrowFrom || to != Cached
}

func binaryVec(op Op, dst, a, b []float32, to Stores) int {
	n := whole(len(dst), 1)
	switch {
	case n == 0:
	case !narrow(n, to):
		binaryAVX512(int(op), &dst[0], &a[0], &b[0], n, int(to))
	default:
		binaryAVX2(int(op), &dst[0], &a[0], &b[0], n, int(to))
	}
	return n
}

func scalarVec(op scalarOp, dst, a []float32, s float32, to Stores) int {
	n := whole(len(dst), 1)
	switch {
	case n == 0:
	case !narrow(n, to):
		scalarAVX512(int(op), &dst[0], &a[0], n, s, int(to))
	default:
		scalarAVX2(int(op), &dst[0], &a[0], n, s, int(to))
	}
	return n
}

func unaryVec(f Func, dst, a []float32, to Stores) int {
	n := whole(len(dst), 1)
	switch {
	case n == 0:
	case !narrow(n, to):
		unaryAVX512(int(f), &dst[0], &a[0], n, int(to))
	default:
		unaryAVX2(int(f), &dst[0], &a[0], n, int(to))
	}
	return n
}

// sumVec is [sumColumns] of at least one row.
func sumVec(op sumOp, x []float32, center float64) float64 {
	switch kernels.level {
	case simd.AVX512:
		return sumsAVX512(int(op), &x[0], len(x), center)
	case simd.AVX2:
		return sumsAVX2(int(op), &x[0], len(x), center)
	}
	return sumColumns(op, x, center)
}

func extremeVec(larger bool, x []float32) (n int, top float32) {
	n = whole(len(x), 2)
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		top = extremesAVX512(flag(larger), &x[0], n)
	default:
		top = extremesAVX2(flag(larger), &x[0], n)
	}
	return n, top
}

func accumulateVec(sums []float64, x []float32) int {
	n := whole(len(x), 1)
	switch {
	case n == 0:
	case kernels.level == simd.AVX512:
		accumulateAVX512(&sums[0], &x[0], n)
	default:
		accumulateAVX2(&sums[0], &x[0], n)
	}
	return n
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Fence ends a sequence of operations with [PastUnfenced]: whoever learns of the results
// afterwards sees them.
func Fence() { fenceStores() }
