//go:build !purego

package bitlinear

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

//go:generate go run -C _asm . -out ../eight_amd64.s -stubs ../eight_stub_amd64.go -pkg bitlinear

// variants lists the implementations for this architecture, best first.
func variants() []variant {
	return []variant{
		{name: "avx2", ok: simd.Has(simd.AVX2), scale: scaleAVX2, scaleRows: scaleRowsAVX2},
	}
}

// The assembly takes eight values at a time; the rest of a row goes through the
// generic code.
const eight = 8

func scaleAVX2(y []float32, factor float32) {
	n := len(y) &^ (eight - 1)
	if n > 0 {
		scaleEightsAVX2(y[:n], factor)
	}
	scaleGeneric(y[n:], factor)
}

func scaleRowsAVX2(y, gamma []float32, s float32) {
	n := len(y) &^ (eight - 1)
	if n > 0 {
		scaleRowsEightsAVX2(y[:n], gamma[:n], s)
	}
	scaleRowsGeneric(y[n:], gamma[n:], s)
}
