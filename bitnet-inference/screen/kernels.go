package screen

import (
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

const decodeStep = 32 // decode kernels take multiples of so many columns

// A coarseKernel multiplies consecutive rows of the coarse plane, each of so many
// blocks, with a query x: see coarseGeneric.
type coarseKernel func(out *int64, codes *byte, x *int8, blocks, rows int)

// A fineKernel multiplies a row of the fine plane with a query x, and may prefetch
// another: see fineGeneric.
type fineKernel func(codes, next *byte, x *int8, blocks int) int64

// A decodeKernel converts n weights to float32 and returns the largest of their
// bit patterns without the sign, which order like magnitudes, infinities and NaN
// above all numbers.
type decodeKernel func(dst *float32, src *byte, n int) uint32

// An encodeKernel writes a row of both planes and finds sums of squares: see encodeAVX2.
type encodeKernel func(coarse, fine *byte, w *float32, blocks int, inverse float32, sums *[3][8]float32, next *byte)

// A boundsKernel finds the intervals of groups of eight rows: see boundsGeneric.
type boundsKernel func(iv, b *uint64, groups int)

// A kernelSet is the choice of kernels for the CPUs of one level. Those of decode,
// encode and bounds may be nil, for plain Go.
type kernelSet struct {
	name          string
	level         simd.Level
	coarse        coarseKernel
	fine          fineKernel
	f32, f16, b16 decodeKernel
	encode        encodeKernel
	bounds        boundsKernel
}

var (
	generic = kernelSet{name: "generic", coarse: coarseGeneric, fine: fineGeneric}
	// kernels is the first variant that may be used here.
	kernels = choose()
)

// Accelerated reports whether this CPU has kernels for the compact head. Without
// them a scan is slower than the full head.
func Accelerated() bool { return kernels.level != simd.Generic }

func choose() kernelSet {
	for _, v := range variants {
		if simd.Has(v.level) {
			return v
		}
	}
	return generic
}

func (k *kernelSet) decode(d dtype.DType) decodeKernel {
	switch d {
	case dtype.F32:
		return k.f32
	case dtype.F16:
		return k.f16
	}
	return k.b16
}
