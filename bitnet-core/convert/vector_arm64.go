//go:build !purego

package convert

import "github.com/bitnet-go/bitnet/bitnet-core/dtype"

// Kernels in vector_arm64.s take n values, a positive multiple of 16. limitTypeToBits
// limits words to lo and hi and keeps their lowest bits, floatType makes F32; the others are
// those of amd64 with the same names.

//go:noescape
func limitI8To8NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func limitI8To16NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func limitI8To32NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func limitU8To8NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func limitU8To16NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func limitU8To32NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func limitI16To8NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func limitI16To16NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func limitI16To32NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func limitU16To8NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func limitU16To16NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func limitU16To32NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func limitI32To8NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func limitI32To16NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func limitI32To32NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func floatU8NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func floatI16NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func floatU16NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func floatI32NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func roundTo16NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func roundToI32NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func widenF32NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func widenI32NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func narrowF64NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func roundF64NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func oddF64NEON(dst, src *byte, n int, lo, hi int64)

//go:noescape
func oddI32NEON(dst, src *byte, n int, lo, hi int64)

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
