package convert

import (
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// A kernelSet is the choice of kernels for one CPU. Each architecture's functions with
// names in -Vec convert the front part of a slice with the chosen kernels and return
// how much of it, 0 for "generic". The loops here do the rest and are the definition of
// all of them, to the bit. All go from front to back and read what they convert before
// they write there.
type kernelSet struct {
	name    string
	level   simd.Level
	turn    int          // values that a turn of each loop takes; 0 without kernels
	vectors *vectorLoops // nil without kernels
}

var kernels = choose(simd.Best())

// infinity is the bit pattern of +Inf. As integers, the patterns of all finite
// magnitudes are smaller and those of NaNs are larger.
const infinity = 0x7f800000

// widenI8 sets dst[i] = src[i]·scale.
func widenI8(dst []float32, src []int8, scale float32) {
	for i := widenI8Vec(dst, src, scale); i < len(src); i++ {
		dst[i] = float32(src[i]) * scale
	}
}

// shift plus a float32 of a smaller magnitude than 2^21 is that number rounded to an
// integer, ties to even, in the lowest bits.
const shift = 3 << 22

// roundBytes sets dst[i] to src[i]·inverse, rounded to F32, limited to lo and hi and
// then rounded to nearest even: the lowest byte of that integer, 0 for NaN.
func roundBytes(dst []byte, src []float32, inverse, lo, hi float32) {
	for i := roundBytesVec(dst, src, inverse, lo, hi); i < len(src); i++ {
		v := float32(src[i] * inverse)
		switch {
		case v > hi:
			v = hi
		case v < lo:
			v = lo
		case v != v:
			v = 0
		}
		dst[i] = byte(math.Float32bits(v + shift))
	}
}

// absMax returns the largest bit pattern of |src[i]|, 0 for an empty slice.
func absMax(src []float32) uint32 {
	n, top := absMaxVec(src)
	for _, v := range src[n:] {
		top = max(top, math.Float32bits(v)&^(1<<31))
	}
	return top
}

// trits sets dst[i] to 1 plus src[i]·inverse rounded to -1, 0 or 1, ties away from zero.
func trits(dst []byte, src []float32, inverse float32) {
	for i := tritsVec(dst, src, inverse); i < len(src); i++ {
		v := float32(src[i] * inverse)
		var above, below byte // without branches
		if v >= 0.5 {
			above = 1
		}
		if v <= -0.5 {
			below = 1
		}
		dst[i] = 1 + above - below
	}
}
