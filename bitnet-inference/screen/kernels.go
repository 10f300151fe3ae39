package screen

import (
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

const (
	blockLen   = 64 // columns of a block: a cache line of codes
	groupRows  = 4  // rows that a kernel takes at a time
	offset     = 128
	encodeStep = 32 // decode and encode kernels take multiples of so many columns
)

// A dotKernel multiplies groups of four consecutive rows of codes, each row
// blocks·64 bytes long, with the planes x of a query:
//
//	out[r] = Σ_c codes[r][c] · (256·hi[c] + lo[c])
//
// x holds 64 bytes of hi and 64 bytes of lo for each block.
type dotKernel func(out *int64, codes *byte, x *int8, blocks, groups int)

// A decodeKernel converts n weights to float32 and returns the largest of their
// bit patterns without the sign, which order like magnitudes, infinities and NaN
// above all numbers.
type decodeKernel func(dst *float32, src *byte, n int) uint32

// An encodeKernel finds codes and sums of squares of a row: see encodeAVX2.
type encodeKernel func(codes *byte, w *float32, n int, inverse float32, sums *[2][8]float32)

// A boundsKernel finds the intervals of groups of eight rows: see boundsGeneric.
type boundsKernel func(iv, b *uint64, groups int)

// A kernelSet is the choice of kernels for the CPUs of one level. All but dot may
// be nil, for plain Go.
type kernelSet struct {
	name          string
	level         simd.Level
	dot           dotKernel
	f32, f16, b16 decodeKernel
	encode        encodeKernel
	bounds        boundsKernel
}

var (
	generic = kernelSet{name: "generic", dot: dotGeneric}
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
