package convert

import (
	"encoding/binary"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// A block of TQ1_0 or TQ2_0 is codes, then d as f16. A code is the weight plus one.
const (
	tqWeights = 256
	tq1Bytes  = 54
	tq2Bytes  = 66
)

type codes [tqWeights]byte

const (
	ones  = 0x0101010101010101
	lanes = 0x00ff00ff00ff00ff // the lower bytes of words of 16 bits
)

func decodeBlocks(dst []float32, src []byte, d dtype.DType) {
	var c codes
	_, size := d.Block()
	for ; len(dst) > 0; dst, src = dst[tqWeights:], src[size:] {
		if d == dtype.TQ1_0 {
			decodeTQ1(&c, src[:size-2])
		} else {
			decodeTQ2(&c, src[:size-2])
		}
		for i := 0; i < tqWeights; i += 8 { // minus one, without a borrow
			v := binary.LittleEndian.Uint64(c[i:])
			binary.LittleEndian.PutUint64(c[i:], (v|0x80*ones-ones)^0x80*ones)
		}
		scale := dtype.F16ToF32(binary.LittleEndian.Uint16(src[size-2:]))
		widenI8(dst[:tqWeights], numbers[int8](c[:]), scale)
	}
}

// encodeBlocks writes a block when all its weights are read.
func encodeBlocks(dst []byte, src []float32, d dtype.DType) {
	var c codes
	_, size := d.Block()
	for ; len(src) > 0; dst, src = dst[size:], src[tqWeights:] {
		scale := ternaryCodes(&c, src[:tqWeights])
		if d == dtype.TQ1_0 {
			encodeTQ1(dst[:size-2], &c)
		} else {
			encodeTQ2(dst[:size-2], &c)
		}
		binary.LittleEndian.PutUint16(dst[size-2:], dtype.F32ToF16(scale))
	}
}

// ternaryCodes rounds x and returns the scale.
func ternaryCodes(c *codes, x []float32) (d float32) {
	bits := absMax(x)
	d = math.Float32frombits(bits)
	inverse := 1 / d
	switch {
	case bits >= infinity:
		d = float32(math.NaN())
	case math.IsInf(float64(inverse), 0): // of such a d F16 keeps nothing
		d = 0
	default:
		trits(c[:], x, inverse)
		return d
	}
	for i := range c {
		c[i] = 1
	}
	return d
}

// Byte 32h+m of TQ2_0 holds the codes of weights 128h+m, 128h+32+m, 128h+64+m and
// 128h+96+m, the first in the lowest bits.

func decodeTQ2(c *codes, b []byte) {
	for m := 0; m < 64; m += 8 {
		v := binary.LittleEndian.Uint64(b[m:])
		to := c[m/32*128+m%32:]
		binary.LittleEndian.PutUint64(to, v&(3*ones))
		binary.LittleEndian.PutUint64(to[32:], v>>2&(3*ones))
		binary.LittleEndian.PutUint64(to[64:], v>>4&(3*ones))
		binary.LittleEndian.PutUint64(to[96:], v>>6&(3*ones))
	}
}

func encodeTQ2(b []byte, c *codes) {
	for m := 0; m < 64; m += 8 {
		from := c[m/32*128+m%32:]
		binary.LittleEndian.PutUint64(b[m:], binary.LittleEndian.Uint64(from)|
			binary.LittleEndian.Uint64(from[32:])<<2|
			binary.LittleEndian.Uint64(from[64:])<<4|
			binary.LittleEndian.Uint64(from[96:])<<6)
	}
}

// A byte of TQ1_0 is ⌈v·256/243⌉ for a number v of five base-3 digits, the first the
// most significant. Multiplying by 3 moves the next digit above bit 8. Digit n of
//
//	byte m, m < 32,     is the code of weight m+32n
//	byte 32+m, m < 16,  of weight 160+m+16n
//	byte 48+m, m < 4,   of weight 240+m+4n, n < 4; the last digit is 0

// tq1Part returns the weight that is the first digit of byte m, m < 48, and how far from
// there the next ones are.
func tq1Part(m int) (weight, count int) {
	if m < 32 {
		return m, 32
	}
	return 160 + m - 32, 16
}

func decodeTQ1(c *codes, b []byte) {
	for m := 0; m < 48; m += 8 {
		weight, count := tq1Part(m)
		v := binary.LittleEndian.Uint64(b[m:])
		even, odd := v&lanes, v>>8&lanes
		for n := range 5 {
			even, odd = even*3, odd*3
			binary.LittleEndian.PutUint64(c[weight+count*n:], even>>8&lanes|odd&^lanes)
			even, odd = even&lanes, odd&lanes
		}
	}
	v := uint64(binary.LittleEndian.Uint32(b[48:]))
	even, odd := v&lanes, v>>8&lanes
	for n := range 4 {
		even, odd = even*3, odd*3
		binary.LittleEndian.PutUint32(c[240+4*n:], uint32(even>>8&lanes|odd&^lanes))
		even, odd = even&lanes, odd&lanes
	}
}

// tq1Bytes5 are the bytes of all numbers of five digits.
var tq1Bytes5 = func() (t [243]byte) {
	for v := range t {
		t[v] = byte((v*256 + 242) / 243)
	}
	return t
}()

// encodeTQ1 computes eight numbers at a time: none is larger than a byte.
func encodeTQ1(b []byte, c *codes) {
	for m := 0; m < 48; m += 8 {
		weight, count := tq1Part(m)
		v := uint64(0)
		for n := range 5 {
			v = v*3 + binary.LittleEndian.Uint64(c[weight+count*n:])
		}
		for k := range 8 {
			b[m+k] = tq1Bytes5[byte(v>>(8*k))]
		}
	}
	v := uint32(0)
	for n := range 4 {
		v = v*3 + binary.LittleEndian.Uint32(c[240+4*n:])
	}
	v *= 3
	for k := range 4 {
		b[48+k] = tq1Bytes5[byte(v>>(8*k))]
	}
}
