//go:build !purego

package int8act

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

//go:generate go run -C _asm . -out ../round_amd64.s -stubs ../round_stub_amd64.go -pkg int8act

// variants lists the assembly kernels of this architecture, best first.
func variants() []variant {
	return []variant{
		{name: "avx512", ok: simd.Has(simd.AVX512), absmax: absmaxAVX512, round: roundAVX512},
		{name: "avx2", ok: simd.Has(simd.AVX2), absmax: absmaxAVX2, round: roundAVX2},
	}
}

// The AVX2 kernels work on whole groups of avx2Group values; the rest of a row
// goes through the generic code.
const avx2Group = 32

func absmaxAVX2(x []float32) uint32 {
	n := len(x) &^ (avx2Group - 1)
	largest := absmaxGeneric(x[n:])
	if n > 0 {
		largest = max(largest, absmaxGroupsAVX2(x[:n]))
	}
	return largest
}

func roundAVX2(dst []int8, x []float32, scale float32) int32 {
	n := len(x) &^ (avx2Group - 1)
	sum := roundGeneric(dst[n:], x[n:], scale)
	if n > 0 {
		sum += roundGroupsAVX2(dst[:n], x[:n], scale)
	}
	return sum
}
