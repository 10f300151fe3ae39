//go:build darwin || linux || windows

package disk

import (
	"math"
	"math/bits"
)

// times multiplies; what is too large is the largest there is.
func times(blocks, size uint64) int64 {
	if high, low := bits.Mul64(blocks, size); high == 0 && low <= math.MaxInt64 {
		return int64(low)
	}
	return math.MaxInt64
}
