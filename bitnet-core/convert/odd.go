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
	dtype.I32: odd[int32],
	dtype.U32: odd[uint32],
	dtype.I64: oddI64,
	dtype.U64: oddU64,
}

// odd is for types whose values are all F64.
func odd[S float64 | int32 | uint32](dst []float32, src []byte) {
	for i, v := range numbers[S](src) {
		dst[i] = oddNormal(float64(v))
	}
}

func oddI64(dst []float32, src []byte) {
	for i, v := range numbers[int64](src) {
		f := oddNormal(shorten(uint64(max(v, -v)))) // -2^63 too: as uint64 it is 2^63
		if v < 0 {
			f = -f
		}
		dst[i] = f
	}
}

func oddU64(dst []float32, src []byte) {
	for i, v := range numbers[uint64](src) {
		dst[i] = oddNormal(shorten(v))
	}
}

// shorten rounds integers of more than 40 bits to odd at bit 12, and changes no others:
// 52 bits or fewer are left.
func shorten(v uint64) float64 {
	const low = 1<<12 - 1
	if v >= 1<<40 {
		v = v&^low | (v&low+low)&^low
	}
	return float64(v)
}

// oddNormal is oddF32, faster for what lies in the range of normal F32: the bits
// that they have no room for become one.
func oddNormal(v float64) float32 {
	b := math.Float64bits(v)
	if b>>52&0x7ff-(1023-126) >= 253 {
		return oddF32(v)
	}
	rest := b & (1<<29 - 1)
	magnitude := b&^(1<<63)>>29 - (1023-127)<<23 | (rest+1<<29-1)>>29
	return math.Float32frombits(uint32(b>>63<<31 | magnitude))
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
