package convert

import (
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// Rounding to odd keeps a value if it is exact and else takes the neighbour, of the two,
// whose last bit is set. The result rounds to a type of at least two bits less precision
// as the value itself does, so that two roundings in a row are one.

// oddly[from] converts to F32 so; nil where every value of the type is an F32.
var oddly = [dtype.Bool + 1]func(dst []float32, src []byte){
	dtype.F64: odd[float64],
	dtype.I64: odd[int64],
	dtype.I32: odd[int32],
	dtype.U64: odd[uint64],
	dtype.U32: odd[uint32],
}

func odd[S float64 | int64 | int32 | uint64 | uint32](dst []float32, src []byte) {
	for i, v := range numbers[S](src) {
		f := oddF64(v)
		// A normal F32 or one of those it is between: the bits that it has no room for
		// become one.
		b := math.Float64bits(f)
		if exp := b >> 52 & 0x7ff; exp-(1023-126) < 253 {
			rest := b & (1<<29 - 1)
			magnitude := (b&^(1<<63))>>29 - (1023-127)<<23 | (rest+1<<29-1)>>29
			dst[i] = math.Float32frombits(uint32(b>>63<<31 | magnitude))
			continue
		}
		dst[i] = oddF32(f)
	}
}

// oddF64 rounds integers of more than 40 bits to odd, and changes nothing else.
func oddF64[S float64 | int64 | int32 | uint64 | uint32](v S) float64 {
	const low = 1<<12 - 1
	switch v := any(v).(type) {
	case int64:
		if v < 0 {
			return -oddF64(-uint64(v))
		}
		return oddF64(uint64(v))
	case uint64:
		if v >= 1<<40 {
			return float64(v&^low | (v&low+low)&^low) // exact: at most 52 bits
		}
	}
	return float64(v)
}

// oddF32 rounds to odd. Infinities and NaNs stay what they are.
func oddF32(v float64) float32 {
	f := float32(v)
	back := float64(f)
	if back == v || v != v {
		return f
	}
	b := math.Float32bits(f)
	if math.Abs(back) > math.Abs(v) { // towards zero; the largest value if f is infinite
		b--
	}
	return math.Float32frombits(b | 1)
}
