//go:build !purego

package convert

import "github.com/bitnet-go/bitnet/bitnet-core/dtype"

var vectorsAVX2 = makeVectorsAVX2()

func makeVectorsAVX2() (v vectorLoops) {
	v.integers(dtype.I8, limitI8To8AVX2, limitI8To16AVX2, limitI8To32AVX2)
	v.integers(dtype.U8, limitU8To8AVX2, limitU8To16AVX2, limitU8To32AVX2)
	v.integers(dtype.I16, limitI16To8AVX2, limitI16To16AVX2, limitI16To32AVX2)
	v.integers(dtype.U16, limitU16To8AVX2, limitU16To16AVX2, limitU16To32AVX2)
	v.integers(dtype.I32, limitI32To8AVX2, limitI32To16AVX2, limitI32To32AVX2)
	v.direct[dtype.F32][dtype.U8] = floatU8AVX2
	v.direct[dtype.F32][dtype.I16] = floatI16AVX2
	v.direct[dtype.F32][dtype.U16] = floatU16AVX2
	v.direct[dtype.F32][dtype.I32] = floatI32AVX2
	v.direct[dtype.I16][dtype.F32] = roundTo16AVX2
	v.direct[dtype.U16][dtype.F32] = roundTo16AVX2
	v.direct[dtype.I32][dtype.F32] = roundToI32AVX2
	v.direct[dtype.F64][dtype.F32] = widenF32AVX2
	v.direct[dtype.F64][dtype.I32] = widenI32AVX2
	v.direct[dtype.F32][dtype.F64] = narrowF64AVX2
	v.direct[dtype.I32][dtype.F64] = roundF64AVX2
	v.direct[dtype.U32][dtype.F64] = roundF64AVX2
	v.oddly[dtype.F64] = oddF64AVX2
	v.oddly[dtype.I32] = oddI32AVX2
	return v
}

var vectorsAVX512 = makeVectorsAVX512()

func makeVectorsAVX512() (v vectorLoops) {
	v.integers(dtype.I8, limitI8To8AVX512, limitI8To16AVX512, limitI8To32AVX512)
	v.integers(dtype.U8, limitU8To8AVX512, limitU8To16AVX512, limitU8To32AVX512)
	v.integers(dtype.I16, limitI16To8AVX512, limitI16To16AVX512, limitI16To32AVX512)
	v.integers(dtype.U16, limitU16To8AVX512, limitU16To16AVX512, limitU16To32AVX512)
	v.integers(dtype.I32, limitI32To8AVX512, limitI32To16AVX512, limitI32To32AVX512)
	v.direct[dtype.F32][dtype.U8] = floatU8AVX512
	v.direct[dtype.F32][dtype.I16] = floatI16AVX512
	v.direct[dtype.F32][dtype.U16] = floatU16AVX512
	v.direct[dtype.F32][dtype.I32] = floatI32AVX512
	v.direct[dtype.I16][dtype.F32] = roundTo16AVX512
	v.direct[dtype.U16][dtype.F32] = roundTo16AVX512
	v.direct[dtype.I32][dtype.F32] = roundToI32AVX512
	v.direct[dtype.F64][dtype.F32] = widenF32AVX512
	v.direct[dtype.F64][dtype.I32] = widenI32AVX512
	v.direct[dtype.F32][dtype.F64] = narrowF64AVX512
	v.direct[dtype.I32][dtype.F64] = roundF64AVX512
	v.direct[dtype.U32][dtype.F64] = roundF64AVX512
	v.oddly[dtype.F64] = oddF64AVX512
	v.oddly[dtype.I32] = oddI32AVX512
	return v
}
