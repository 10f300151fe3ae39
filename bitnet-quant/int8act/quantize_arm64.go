//go:build !purego

package int8act

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

// variants lists the assembly kernels of this architecture, best first.
func variants() []variant {
	return []variant{
		{name: "neon", ok: simd.Has(simd.NEON), absmax: absmaxNEON, round: roundNEON},
	}
}

// The NEON kernels work on whole groups of neonGroup values; the rest of a row
// goes through the generic code.
const neonGroup = 16

func absmaxNEON(x []float32) uint32 {
	n := len(x) &^ (neonGroup - 1)
	largest := absmaxGeneric(x[n:])
	if n > 0 {
		largest = max(largest, absmaxGroupsNEON(x[:n]))
	}
	return largest
}

func roundNEON(dst []int8, x []float32, scale float32) int32 {
	n := len(x) &^ (neonGroup - 1)
	sum := roundGeneric(dst[n:], x[n:], scale)
	if n > 0 {
		sum += roundGroupsNEON(dst[:n], x[:n], scale)
	}
	return sum
}
