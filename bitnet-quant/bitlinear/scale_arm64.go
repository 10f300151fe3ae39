//go:build !purego

package bitlinear

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

// variants lists the implementations for this architecture, best first.
func variants() []variant {
	return []variant{
		{name: "neon", ok: simd.Has(simd.NEON), scale: scaleNEON, scaleRows: scaleRowsNEON},
	}
}

// The assembly takes eight values at a time; the rest of a row goes through the
// generic code.
const eight = 8

func scaleNEON(y []float32, factor float32) {
	n := len(y) &^ (eight - 1)
	if n > 0 {
		scaleEightsNEON(y[:n], factor)
	}
	scaleGeneric(y[n:], factor)
}

func scaleRowsNEON(y, gamma []float32, s float32) {
	n := len(y) &^ (eight - 1)
	if n > 0 {
		scaleRowsEightsNEON(y[:n], gamma[:n], s)
	}
	scaleRowsGeneric(y[n:], gamma[n:], s)
}
