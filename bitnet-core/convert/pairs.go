package convert

import (
	"math"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

type (
	float   interface{ float32 | float64 }
	integer interface {
		int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
	}
)

// A loop converts all elements of src.
type loop func(dst, src []byte)

// loops[to][from] is the conversion of types that Go has; others are nil.
var loops = makeLoops()

func makeLoops() (t [dtype.Bool + 1][dtype.Bool + 1]loop) {
	fromFloat[float64](&t, dtype.F64)
	fromFloat[float32](&t, dtype.F32)
	fromInteger[int64](&t, dtype.I64)
	fromInteger[int32](&t, dtype.I32)
	fromInteger[int16](&t, dtype.I16)
	fromInteger[int8](&t, dtype.I8)
	fromInteger[uint64](&t, dtype.U64)
	fromInteger[uint32](&t, dtype.U32)
	fromInteger[uint16](&t, dtype.U16)
	fromInteger[uint8](&t, dtype.U8)
	t[dtype.F64][dtype.Bool] = each[float64, uint8](truth[float64])
	t[dtype.F32][dtype.Bool] = each[float32, uint8](truth[float32])
	t[dtype.I64][dtype.Bool] = each[int64, uint8](truth[int64])
	t[dtype.I32][dtype.Bool] = each[int32, uint8](truth[int32])
	t[dtype.I16][dtype.Bool] = each[int16, uint8](truth[int16])
	t[dtype.I8][dtype.Bool] = each[int8, uint8](truth[int8])
	t[dtype.U64][dtype.Bool] = each[uint64, uint8](truth[uint64])
	t[dtype.U32][dtype.Bool] = each[uint32, uint8](truth[uint32])
	t[dtype.U16][dtype.Bool] = each[uint16, uint8](truth[uint16])
	t[dtype.U8][dtype.Bool] = each[uint8, uint8](truth[uint8])
	return t
}

func fromFloat[S float](t *[dtype.Bool + 1][dtype.Bool + 1]loop, from dtype.DType) {
	t[dtype.F64][from] = cast[float64, S]
	t[dtype.F32][from] = cast[float32, S]
	t[dtype.I64][from] = each[int64](func(v S) int64 { return toI64(float64(v)) })
	t[dtype.U64][from] = each[uint64](func(v S) uint64 { return toU64(float64(v)) })
	t[dtype.I32][from] = round[int32, S]
	t[dtype.I16][from] = round[int16, S]
	t[dtype.I8][from] = round[int8, S]
	t[dtype.U32][from] = round[uint32, S]
	t[dtype.U16][from] = round[uint16, S]
	t[dtype.U8][from] = round[uint8, S]
	t[dtype.Bool][from] = notZero[S]
}

func fromInteger[S integer](t *[dtype.Bool + 1][dtype.Bool + 1]loop, from dtype.DType) {
	t[dtype.F64][from] = cast[float64, S]
	t[dtype.F32][from] = cast[float32, S]
	t[dtype.I64][from] = saturate[int64, S]
	t[dtype.I32][from] = saturate[int32, S]
	t[dtype.I16][from] = saturate[int16, S]
	t[dtype.I8][from] = saturate[int8, S]
	t[dtype.U64][from] = saturate[uint64, S]
	t[dtype.U32][from] = saturate[uint32, S]
	t[dtype.U16][from] = saturate[uint16, S]
	t[dtype.U8][from] = saturate[uint8, S]
	t[dtype.Bool][from] = notZero[S]
}

// each returns the loop of a conversion of single values.
func each[D, S Number](one func(S) D) loop {
	return func(dst, src []byte) {
		d := numbers[D](dst)
		for i, v := range numbers[S](src) {
			d[i] = one(v)
		}
	}
}

// cast is for floating-point results, which Go rounds to nearest even.
func cast[D float, S Number](dst, src []byte) {
	d := numbers[D](dst)
	for i, v := range numbers[S](src) {
		d[i] = D(v)
	}
}

func notZero[S Number](dst, src []byte) {
	for i, v := range numbers[S](src) {
		if dst[i] = 0; v != 0 {
			dst[i] = 1
		}
	}
}

func truth[D Number](v uint8) D {
	if v != 0 {
		return 1
	}
	return 0
}

// limits returns the smallest and the largest value.
func limits[D integer]() (lo int64, hi uint64) {
	var zero D
	bits := 8 * unsafe.Sizeof(zero)
	if zero-1 > zero {
		return 0, 1<<bits - 1
	}
	return -1 << (bits - 1), 1<<(bits-1) - 1
}

func saturate[D, S integer](dst, src []byte) {
	lo, hi := limits[D]()
	d := numbers[D](dst)
	if top := ^S(0); (top < 0 || unsafe.Sizeof(top) < 8) && hi <= math.MaxInt64 { // without branches
		for i, v := range numbers[S](src) {
			d[i] = D(min(max(int64(v), lo), int64(hi)))
		}
		return
	}
	for i, v := range numbers[S](src) {
		switch {
		case v < 0 && int64(v) < lo:
			d[i] = D(lo)
		case v > 0 && uint64(v) > hi:
			d[i] = D(hi)
		default:
			d[i] = D(v)
		}
	}
}

// magic plus a float64 of a smaller magnitude than 2^51 is that number rounded to an
// integer, ties to even, in the lowest bits.
const magic = 3 << 51

// round is for integers of up to 32 bits.
func round[D integer, S float](dst, src []byte) {
	low, high := limits[D]()
	lo, hi := float64(low), float64(high)
	d := numbers[D](dst)
	for i, s := range numbers[S](src) {
		v := float64(s)
		switch {
		case v > hi:
			v = hi
		case v < lo:
			v = lo
		case v != v:
			v = 0
		}
		d[i] = D(math.Float64bits(v + magic))
	}
}

func toI64(v float64) int64 {
	switch v = math.RoundToEven(v); {
	case v != v:
		return 0
	case v >= 0x1p63:
		return math.MaxInt64
	case v < -0x1p63:
		return math.MinInt64
	}
	return int64(v)
}

func toU64(v float64) uint64 {
	switch v = math.RoundToEven(v); {
	case v >= 0x1p64:
		return math.MaxUint64
	case v > 0:
		return uint64(v)
	}
	return 0 // NaN too
}
