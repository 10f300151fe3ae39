package convert

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// TestVectors holds every pair, with kernels, to the loops that are their definition, to
// the bit, NaNs included, at lengths around the turns of kernels and at odd addresses.
func TestVectors(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(7, 8))
		for _, from := range plain {
			for _, to := range plain {
				for _, n := range []int{1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 95, 97, 127, 128, 200} {
					src, intact := guarded(n * width(from))
					copy(src, samples(rng, from, n))
					want := generic(func() []byte {
						dst := make([]byte, n*width(to))
						run(dst, src, to, from, n)
						return dst
					})
					dst, dstIntact := guarded(n * width(to))
					run(dst, src, to, from, n)
					intact(t)
					dstIntact(t)
					require.True(t, bytes.Equal(want, dst), "%v to %v, %d values", from, to, n)
					if width(to) <= width(from) {
						run(src[:len(dst)], src, to, from, n)
						require.True(t, bytes.Equal(want, src[:len(dst)]), "%v to %v in place, %d values", from, to, n)
						intact(t)
					}
				}
			}
		}
	})
}

// TestVectorsPresent keeps pairs that models use from falling back to plain loops.
func TestVectorsPresent(t *testing.T) {
	for _, level := range levels() {
		set := choose(level)
		if set.name == "generic" {
			require.Nil(t, set.vectors)
			continue
		}
		integers := []dtype.DType{dtype.I8, dtype.U8, dtype.I16, dtype.U16, dtype.I32}
		for _, from := range integers {
			for _, to := range append(slices.Clone(integers), dtype.U32) {
				require.Equal(t, to != from, set.vectors.direct[to][from] != nil, "%v: %v to %v", set.name, from, to)
			}
			if from != dtype.I8 { // widenI8 is called by itself
				require.NotNil(t, set.vectors.direct[dtype.F32][from])
			}
		}
		require.NotNil(t, set.vectors.oddly[dtype.F64])
	}
	require.Equal(t, "generic", choose(simd.Generic).name)
}
