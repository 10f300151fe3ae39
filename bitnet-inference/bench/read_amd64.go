//go:build !purego

package bench

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

// readAVX2 is read for four streams of so many cache lines, of which there is one at
// least.
//
//go:noescape
func readAVX2(p *uint64, lines int) uint64

// read is readGeneric, with loads as wide as the kernels have.
func read(d []uint64) uint64 {
	if lines := len(d) / (streams * unroll); lines > 0 && simd.Has(simd.AVX2) {
		return readAVX2(&d[0], lines)
	}
	return readGeneric(d)
}
