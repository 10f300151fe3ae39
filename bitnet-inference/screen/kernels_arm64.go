//go:build !purego

package screen

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

var variants = []kernelSet{
	{"neondot", simd.NEONDotProd, coarseDotProd, fineDotProd, decodeF32NEON, decodeF16NEON, decodeBF16NEON, encodeNEON, boundsNEON},
	{"neon", simd.NEON, coarseNEON, fineNEON, decodeF32NEON, decodeF16NEON, decodeBF16NEON, encodeNEON, boundsNEON},
}
