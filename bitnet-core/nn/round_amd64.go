//go:build !purego

package nn

//go:generate env GOWORK=off go run -C _asm ./round -out ../round_amd64.s -stubs ../round_stub_amd64.go -pkg nn

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

// fitScalesVec is fitScales with a group in each lane, so that sums are added in the same
// order. It reports whether there are kernels, whose vectors have 256 bits at all levels.
func fitScalesVec(scales *[16]float32, x *[q6Weights]float32) bool {
	if kernels.level < simd.AVX2 {
		return false
	}
	var columns, powers [q6Weights]float32
	transpose16(&columns, x)
	fitScalesAVX2(scales, &columns, &powers, &tries[0], len(tries))
	return true
}

func codes6Vec(codes *[q6Weights]byte, x *[q6Weights]float32, steps *[16]float32) bool {
	if kernels.level < simd.AVX2 {
		return false
	}
	codes6AVX2(codes, x, steps)
	return true
}
