package convert

import (
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// A vectorLoop converts n elements, a positive multiple of [kernelSet].turn. Integer results
// are limited to lo and hi. Like a [loop], which it equals to the bit, it goes from front to
// back and reads what it converts before it writes there.
type vectorLoop func(dst, src *byte, n int, lo, hi int64)

// vectorLoops are the kernels of one instruction set for pairs of types.
type vectorLoops struct {
	direct [dtype.Bool + 1][dtype.Bool + 1]vectorLoop // [to][from]; nil where there is none
	oddly  [dtype.Bool + 1]vectorLoop                 // [from], to F32
}

// integers sets the kernels from an integer type to those of 8, 16 and 32 bits, signed
// or not: which of the two is a matter of limits.
func (v *vectorLoops) integers(from dtype.DType, to8, to16, to32 vectorLoop) {
	for to, f := range map[dtype.DType]vectorLoop{
		dtype.I8: to8, dtype.U8: to8, dtype.I16: to16, dtype.U16: to16, dtype.I32: to32, dtype.U32: to32,
	} {
		if to != from {
			v.direct[to][from] = f
		}
	}
}

// vector converts the front part of n elements and returns its length.
func vector(f vectorLoop, dst, src []byte, n int, to, from dtype.DType) int {
	if f == nil || n < kernels.turn {
		return 0
	}
	n -= n % kernels.turn
	limits := bounds[to]
	if from != dtype.F64 { // the other kernels compare as I32
		limits.hi = min(limits.hi, math.MaxInt32)
	}
	f(&dst[0], &src[0], n, limits.lo, limits.hi)
	return n
}

// bounds are the smallest and the largest value of integer types of up to 32 bits.
var bounds = [dtype.Bool + 1]struct{ lo, hi int64 }{
	dtype.I32: {math.MinInt32, math.MaxInt32},
	dtype.I16: {math.MinInt16, math.MaxInt16},
	dtype.I8:  {math.MinInt8, math.MaxInt8},
	dtype.U32: {0, math.MaxUint32},
	dtype.U16: {0, math.MaxUint16},
	dtype.U8:  {0, math.MaxUint8},
}

// between converts n elements with loops[to][from], their front part with a kernel where
// there is one.
func between(dst, src []byte, to, from dtype.DType, n int) {
	_, tb := to.Block()
	_, fb := from.Block()
	done := 0
	if v := kernels.vectors; v != nil {
		done = vector(v.direct[to][from], dst, src, n, to, from)
	}
	if done < n {
		loops[to][from](dst[done*tb:n*tb], src[done*fb:n*fb])
	}
}

// throughF32 reports whether two kernels, to F32 and from it, do what loops[to][from]
// would do alone. Rounding to odd in F32 leaves integers of up to 16 bits the same.
func throughF32(to, from dtype.DType) bool {
	v := kernels.vectors
	if v == nil || v.direct[to][from] != nil {
		return false
	}
	small := func(d dtype.DType) bool {
		return d == dtype.I8 || d == dtype.U8 || d == dtype.I16 || d == dtype.U16
	}
	return from == dtype.F64 && small(to) || to == dtype.F64 && small(from)
}
