//go:build !purego

package convert

import "github.com/bitnet-go/bitnet/bitnet-core/dtype"

var vectorsNEON = makeVectorsNEON()

func makeVectorsNEON() (v vectorLoops) {
	v.integers(dtype.I8, limitI8To8NEON, limitI8To16NEON, limitI8To32NEON)
	v.integers(dtype.U8, limitU8To8NEON, limitU8To16NEON, limitU8To32NEON)
	v.integers(dtype.I16, limitI16To8NEON, limitI16To16NEON, limitI16To32NEON)
	v.integers(dtype.U16, limitU16To8NEON, limitU16To16NEON, limitU16To32NEON)
	v.integers(dtype.I32, limitI32To8NEON, limitI32To16NEON, limitI32To32NEON)
	v.direct[dtype.F32][dtype.U8] = floatU8NEON
	v.direct[dtype.F32][dtype.I16] = floatI16NEON
	v.direct[dtype.F32][dtype.U16] = floatU16NEON
	v.direct[dtype.F32][dtype.I32] = floatI32NEON
	v.direct[dtype.I16][dtype.F32] = roundTo16NEON
	v.direct[dtype.U16][dtype.F32] = roundTo16NEON
	v.direct[dtype.I32][dtype.F32] = roundToI32NEON
	v.direct[dtype.F64][dtype.F32] = widenF32NEON
	v.direct[dtype.F64][dtype.I32] = widenI32NEON
	v.direct[dtype.F32][dtype.F64] = narrowF64NEON
	v.direct[dtype.I32][dtype.F64] = roundF64NEON
	v.direct[dtype.U32][dtype.F64] = roundF64NEON
	v.oddly[dtype.F64] = oddF64NEON
	v.oddly[dtype.I32] = oddI32NEON
	return v
}
