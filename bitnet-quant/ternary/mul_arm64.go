//go:build !purego

package ternary

import (
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
	"github.com/bitnet-go/bitnet/bitnet-quant/int8act"
)

// variants lists the implementations for this architecture, best first.
func variants() []variant {
	return []variant{
		{name: "i8mm", ok: simd.Has(simd.I8MM), mul: mulI8MM},
		{name: "neondot", ok: simd.Has(simd.NEONDotProd), mul: mulDot},
		{name: "neon", ok: simd.Has(simd.NEON), mul: mulNEON},
	}
}

// A matrix product of one token, or of the third of three, would be half idle.
var i8mmTiles = tiles{
	row:    dot1x1,
	tokens: []tileFunc{1: dot4x1, 2: mmla4x2, 3: dot4x3, 4: mmla4x4},
}

var dotTiles = tiles{
	row:    dot1x1,
	tokens: []tileFunc{1: dot4x1, 2: dot4x2, 3: dot4x3, 4: dot4x4},
}

var neonTiles = tiles{
	row:    neon1x1,
	tokens: []tileFunc{1: neon4x1, 2: neon4x2},
}

func mulI8MM(dst []int32, ld int, m *Matrix, x *int8act.Rows, lo, hi int) {
	i8mmTiles.mul(dst, ld, m, x, lo, hi)
}

func mulDot(dst []int32, ld int, m *Matrix, x *int8act.Rows, lo, hi int) {
	dotTiles.mul(dst, ld, m, x, lo, hi)
}

func mulNEON(dst []int32, ld int, m *Matrix, x *int8act.Rows, lo, hi int) {
	neonTiles.mul(dst, ld, m, x, lo, hi)
}
