//go:build !purego

package ternary

import (
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
	"github.com/bitnet-go/bitnet/bitnet-quant/int8act"
)

//go:generate go run -C _asm . -out ../tile_amd64.s -stubs ../tile_stub_amd64.go -pkg ternary

// variants lists the implementations for this architecture, best first.
func variants() []variant {
	return []variant{
		{name: "amx", ok: simd.Has(simd.AMX), mul: mulAMX, tokens: amxTokens, base3: mulAMX, pack: packBase3},
		{name: "avx512vbmi", ok: simd.Has(simd.AVX512VBMI), mul: mulVNNI, base3: mulBase3VBMI, pack: packBase3},
		{name: "avx512vnni", ok: simd.Has(simd.AVX512VNNI), mul: mulVNNI},
		{name: "avxvnni", ok: simd.Has(simd.AVXVNNI), mul: mulAVXVNNI},
		{name: "avx2", ok: simd.Has(simd.AVX2), mul: mulAVX2},
	}
}

var vnniTiles = tiles{
	row:    gemvVNNI1,
	stream: streamVNNI4,
	tokens: []tileFunc{1: gemvVNNI4, 2: gemmVNNI2, 3: gemmVNNI3, 4: gemmVNNI4},
}

var avxVNNITiles = tiles{
	row:    gemvAVXVNNI1,
	tokens: []tileFunc{1: gemvAVXVNNI4, 2: gemmAVXVNNI2, 3: gemmAVXVNNI3},
}

var avx2Tiles = tiles{
	row:    gemvAVX2x1,
	tokens: []tileFunc{1: gemvAVX2x4, 2: gemmAVX2x2},
}

func mulVNNI(dst []int32, ld int, m *Matrix, x *int8act.Rows, lo, hi int) {
	vnniTiles.mul(dst, ld, m, x, lo, hi)
}

func mulAVXVNNI(dst []int32, ld int, m *Matrix, x *int8act.Rows, lo, hi int) {
	avxVNNITiles.mul(dst, ld, m, x, lo, hi)
}

func mulAVX2(dst []int32, ld int, m *Matrix, x *int8act.Rows, lo, hi int) {
	avx2Tiles.mul(dst, ld, m, x, lo, hi)
}
