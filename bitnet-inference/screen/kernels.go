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

// An encodeKernel writes both planes of codes 128 + q, q the integer next to v = w[c]·inverse,
// for blocks ≥ 1 of 256 columns, and sets sums to Σ v², Σ (v-q)² and Σ (v-m)², m the middle of
// the four q with the same coarse code, each in eight parts: see encodeFast. |v| is below 127.5.
// It may prefetch two bytes for each column from next.
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

// Here and not in kernels_arm64.go, so that it runs on every machine.
//go:generate env GOWORK=off go run -C _asm ./arm64 -out ../kernels_arm64.s -stubs ../kernels_stub_arm64.go

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
