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
	tqMost    = tq2Bytes
)

type codes [tqWeights]byte

func decodeBlocks(dst []float32, src []byte, size int, decode func(*codes, []byte)) {
	var c codes
	for ; len(dst) > 0; dst, src = dst[tqWeights:], src[size:] {
		decode(&c, src[:size-2])
		d := dtype.F16ToF32(binary.LittleEndian.Uint16(src[size-2:]))
		values := [4]float32{-d, 0 * d, d, 2 * d}
		for i, code := range c {
			dst[i] = values[code]
		}
	}
}

// encodeBlocks writes a block when all its weights are read.
func encodeBlocks(dst []byte, src []float32, size int, encode func([]byte, *codes)) {
	var c codes
	var block [tqMost]byte
	for ; len(src) > 0; dst, src = dst[size:], src[tqWeights:] {
		d := ternaryCodes(&c, src[:tqWeights])
		clear(block[:])
		encode(block[:size-2], &c)
		binary.LittleEndian.PutUint16(block[size-2:], dtype.F32ToF16(d))
		copy(dst[:size], block[:])
	}
}

// ternaryCodes rounds x and returns the scale.
func ternaryCodes(c *codes, x []float32) (d float32) {
	for i := range c {
		c[i] = 1
	}
	bits := absMax(x)
	if d = math.Float32frombits(bits); bits >= infinity {
		return float32(math.NaN())
	}
	inverse := 1 / d
	if math.IsInf(float64(inverse), 0) { // of such a d F16 keeps nothing
		return 0
	}
	for i, v := range x {
		v = float32(v * inverse)
		var above, below byte // without branches
		if v >= 0.5 {
			above = 1
		}
		if v <= -0.5 {
			below = 1
		}
		c[i] = 1 + above - below
	}
	return d
}

// Byte 32h+m of TQ2_0 holds the codes of weights 128h+m, 128h+32+m, 128h+64+m and
// 128h+96+m, the first in the lowest bits.

func decodeTQ2(c *codes, b []byte) {
	for i := 0; i < tqWeights; i += 32 {
		four, shift := b[i/128*32:i/128*32+32], i%128/32*2
		for m, v := range four {
			c[i+m] = v >> shift & 3
		}
	}
}

func encodeTQ2(b []byte, c *codes) {
	for i := 0; i < tqWeights; i += 32 {
		four, shift := b[i/128*32:i/128*32+32], i%128/32*2
		for m, code := range c[i : i+32] {
			four[m] |= code << shift
		}
	}
}

// A byte of TQ1_0 is ⌈v·256/243⌉ for a number v of five base-3 digits, the first the
// most significant. Multiplying by 3 moves the next digit above bit 8. Digit n of
//
//	byte m, m < 32,     is the code of weight m+32n
//	byte 32+m, m < 16,  of weight 160+m+16n
//	byte 48+m, m < 4,   of weight 240+m+4n, n < 4; the last digit is 0

func tq1Parts(each func(from, weights, count, digits int)) {
	each(0, 0, 32, 5)
	each(32, 160, 16, 5)
	each(48, 240, 4, 4)
}

func decodeTQ1(c *codes, b []byte) {
	tq1Parts(func(from, weights, count, digits int) {
		for m := range count {
			v := b[from+m]
			for n := range digits {
				c[weights+m+count*n] = byte(uint16(v) * 3 >> 8)
				v *= 3
			}
		}
	})
}

func encodeTQ1(b []byte, c *codes) {
	tq1Parts(func(from, weights, count, digits int) {
		for m := range count {
			v := 0
			for n := range 5 {
				v *= 3
				if n < digits {
					v += int(c[weights+m+count*n])
				}
			}
			b[from+m] = byte((v*256 + 242) / 243)
		}
	})
}
