package qtensor

import (
	"encoding/binary"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// Q2: byte m of the codes of a block holds weights 4m to 4m+3.

// q2Codes has the four codes of every byte, in a byte each.
var q2Codes = func() (t [256]uint32) {
	for b := range t {
		for i := range 4 {
			t[b] |= uint32(b) >> (2 * i) & 3 << (8 * i)
		}
	}
	return t
}()

func q2Decode(dst *[q2Block]byte, codes *[q2Bytes - 2]byte) {
	for m := 0; m < len(codes); m += 2 {
		store(dst[4*m:], uint64(q2Codes[codes[m]])|uint64(q2Codes[codes[m+1]])<<32)
	}
}

// q2Byte puts four codes, one in each byte of v, into one. The uppermost byte of the
// product is Σ codeₙ·4ⁿ; what else it holds does not meet.
func q2Byte(v uint32) uint16 { return uint16(v * (1<<24 | 1<<18 | 1<<12 | 1<<6) >> 24) }

func q2Encode(dst *[q2Bytes - 2]byte, weights *[q2Block]byte) {
	for m := 0; m < len(dst); m += 2 {
		v := codesOf(weights[4*m:])
		binary.LittleEndian.PutUint16(dst[m:], q2Byte(uint32(v))|q2Byte(uint32(v>>32))<<8)
	}
}

// IQ2: byte j of a block holds weights j, 16+j, 32+j and 48+j, the first in the lowest
// bits.

func iq2Decode(dst, codes []byte) {
	for ; len(dst) > 0; dst, codes = dst[iqBlock:], codes[iq2Bytes:] {
		d, s := (*[iqBlock]byte)(dst), (*[iq2Bytes]byte)(codes)
		for j := 0; j < iq2Bytes; j += 8 {
			v := load(s[j:])
			store(d[j:], v&lowCodes)
			store(d[16+j:], v>>2&lowCodes)
			store(d[32+j:], v>>4&lowCodes)
			store(d[48+j:], v>>6&lowCodes)
		}
	}
}

func iq2Encode(dst, weights []byte) {
	for ; len(dst) > 0; dst, weights = dst[iq2Bytes:], weights[iqBlock:] {
		d, w := (*[iq2Bytes]byte)(dst), (*[iqBlock]byte)(weights)
		for j := 0; j < iq2Bytes; j += 8 {
			store(d[j:], codesOf(w[j:])|codesOf(w[16+j:])<<2|codesOf(w[32+j:])<<4|codesOf(w[48+j:])<<6)
		}
	}
}

// IQ2R4: of four rows, byte 16l+4k+i of a block holds weights 16l+i, 16l+4+i, 16l+8+i and
// 16l+12+i of row k, the first in the lowest bits.

// r4At returns the byte, after the scales of its four rows, and the place there of
// weight c of row k.
func r4At(k, c int) (at, shift int) { return c/16*16 + 4*k + c%4, c % 16 / 4 * 2 }

// r4Decode sets dst to the codes of row k of four.
func r4Decode(dst, codes []byte, k int) {
	for ; len(dst) > 0; dst, codes = dst[16:], codes[16:] {
		// The first two columns of bytes, then the other two.
		v := uint64(binary.LittleEndian.Uint32(codes[4*k:]))
		v |= v << 30
		store(dst, v&lowCodes)
		store(dst[8:], v>>4&lowCodes)
	}
}

// r4Encode stores row k of four.
func r4Encode(dst, weights []byte, k int) {
	for ; len(dst) > 0; dst, weights = dst[16:], weights[16:] {
		v := codesOf(weights) | codesOf(weights[8:])<<4
		binary.LittleEndian.PutUint32(dst[4*k:], uint32(v|v>>30))
	}
}

// IQ1: a byte is ⌈v·256/243⌉ for a number v of five base-3 digits, the first the least
// significant. Byte 3g+i of a block holds weights 16g+5i to 16g+5i+4, and byte 12 weights
// 15, 31, 47 and 63 and a zero digit.

// iq1At returns the byte of a block and the digit in it that hold weight i.
func iq1At(i int) (at, digit int) {
	if i%16 == 15 {
		return 12, i / 16
	}
	return i/16*3 + i%16/5, i % 16 % 5
}

// iq1Digits has, for every byte, its digits in the lowest five bytes of a word.
var iq1Digits = func() (t [256]uint64) {
	for b := range t {
		v := uint16(b)
		for n := 4; n >= 0; n-- { // what a product carries is the next lower digit
			v = v & 0xff * 3
			t[b] |= uint64(v>>8) << (8 * n)
		}
	}
	return t
}()

func iq1Code(block []byte, i int) byte {
	at, digit := iq1At(i)
	v := block[at]
	for range 4 - digit {
		v *= 3 // modulo 256
	}
	return byte(uint16(v) * 3 >> 8)
}

func iq1Decode(dst, codes []byte) {
	for ; len(dst) > 0; dst, codes = dst[iqBlock:], codes[iq1Bytes:] {
		d, s := (*[iqBlock]byte)(dst), (*[iq1Bytes]byte)(codes)
		last := iq1Digits[s[12]]
		for g := range 4 { // each store's last three bytes are overwritten
			at := d[16*g : 16*g+16]
			store(at, iq1Digits[s[3*g]])
			store(at[5:], iq1Digits[s[3*g+1]])
			v := iq1Digits[s[3*g+2]]
			binary.LittleEndian.PutUint32(at[10:], uint32(v))
			at[14], at[15] = byte(v>>32), byte(last>>(8*g))
		}
	}
}

// iq1Number returns the byte for the five codes in the lowest bytes of v. The fifth byte
// of the product is Σ codeₙ·3ⁿ, and the ones below carry nothing into it.
func iq1Number(v uint64) byte {
	const powers = 81 | 27<<8 | 9<<16 | 3<<24 | 1<<32
	return base3Bytes[byte(v*powers>>32)]
}

func iq1Encode(dst, weights []byte) {
	for ; len(dst) > 0; dst, weights = dst[iq1Bytes:], weights[iqBlock:] {
		var last uint64
		for g := range 4 {
			lo, hi := codesOf(weights[16*g:]), codesOf(weights[16*g+8:])
			dst[3*g] = iq1Number(lo)
			dst[3*g+1] = iq1Number(lo>>40 | hi<<24)
			dst[3*g+2] = iq1Number(hi >> 16)
			last |= hi >> 56 << (8 * g)
		}
		dst[12] = iq1Number(last)
	}
}

// base3Bytes are the bytes of the numbers of five base-3 digits, which are below 243.
var base3Bytes = func() (t [256]byte) {
	for v := range 243 {
		t[v] = byte((v*256 + 242) / 243)
	}
	return t
}()

// putScale stores a scale in 2 or 4 bytes.
func putScale(dst []byte, s float32) {
	if len(dst) == 2 {
		binary.LittleEndian.PutUint16(dst, dtype.F32ToF16(s))
		return
	}
	binary.LittleEndian.PutUint32(dst, math.Float32bits(s))
}

func scaleAt(src []byte) float32 {
	if len(src) == 2 {
		return dtype.F16ToF32(binary.LittleEndian.Uint16(src))
	}
	return math.Float32frombits(binary.LittleEndian.Uint32(src))
}
