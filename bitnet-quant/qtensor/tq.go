package qtensor

import (
	"encoding/binary"

	"github.com/bitnet-go/bitnet/bitnet-quant/ternary"
)

// tqZero reports whether the scale of a block is 0.
func tqZero(block []byte) bool { return scaleZero(block[len(block)-2:]) }

// zeroBlock is a packed block of zero weights.
var zeroBlock = func() (b [ternary.BlockBytes]byte) {
	for i := range b {
		b[i] = 0b01010101
	}
	return b
}()

// tq2At returns the byte that holds weight i of a TQ2 block, and its code's place
// there.
func tq2At(i int) (at, shift int) { return i/128*32 + i%32, i % 128 / 32 * 2 }

func tq2Code(b []byte, i int) byte {
	at, shift := tq2At(i)
	return b[at] >> shift & 3
}

// tq2Pack repacks a row.
func tq2Pack(dst, src []byte) {
	for ; len(dst) > 0; dst, src = dst[ternary.BlockBytes:], src[tq2Bytes:] {
		b := (*[tq2Bytes]byte)(src)
		if tqZero(b[:]) {
			copy(dst, zeroBlock[:])
			continue
		}
		ternary.PackGroups((*[ternary.BlockBytes]byte)(dst), (*[32]byte)(b[:]), (*[32]byte)(b[32:]))
	}
}

func tq2Decode(dst *[tqBlock]byte, b []byte) {
	for m := 0; m < 64; m += 8 {
		v, to := load(b[m:]), dst[m/32*128+m%32:]
		store(to, v&lowCodes)
		store(to[32:], v>>2&lowCodes)
		store(to[64:], v>>4&lowCodes)
		store(to[96:], v>>6&lowCodes)
	}
}

func tq2Encode(b []byte, weights *[tqBlock]byte) {
	for m := 0; m < 64; m += 8 {
		w := weights[m/32*128+m%32:]
		store(b[m:], codesOf(w)|codesOf(w[32:])<<2|codesOf(w[64:])<<4|codesOf(w[96:])<<6)
	}
}

// tq1At returns the byte of a TQ1 block and the digit in it that hold weight i.
func tq1At(i int) (at, digit int) {
	switch {
	case i < 160:
		return i % 32, i / 32
	case i < 240:
		return 32 + i%16, (i - 160) / 16
	}
	return 48 + i%4, (i - 240) / 4
}

func tq1Code(b []byte, i int) byte {
	at, digit := tq1At(i)
	v := b[at]
	for range digit {
		v *= 3 // modulo 256: drops the digits before
	}
	return byte(uint16(v) * 3 >> 8)
}

// tq1Pack repacks a row.
func tq1Pack(dst, src []byte) {
	for ; len(dst) > 0; dst, src = dst[ternary.BlockBytes:], src[tq1Bytes:] {
		b := (*[tq1Bytes]byte)(src)
		if tqZero(b[:]) {
			copy(dst, zeroBlock[:])
			continue
		}
		var codes [tqBlock]byte
		tq1Decode(&codes, b[:])
		ternary.PackBlock((*[ternary.BlockBytes]byte)(dst), &codes, 0)
	}
}

// tq1Decode sets dst to the codes of a block, whatever its scale.
func tq1Decode(dst *[tqBlock]byte, b []byte) {
	for m := 0; m < 32; m += 8 {
		t0, t1, t2, t3, t4 := trits(load(b[m:]))
		store(dst[m:], t0)
		store(dst[32+m:], t1)
		store(dst[64+m:], t2)
		store(dst[96+m:], t3)
		store(dst[128+m:], t4)
	}
	for m := 0; m < 16; m += 8 {
		t0, t1, t2, t3, t4 := trits(load(b[32+m:]))
		store(dst[160+m:], t0)
		store(dst[176+m:], t1)
		store(dst[192+m:], t2)
		store(dst[208+m:], t3)
		store(dst[224+m:], t4)
	}
	t0, t1, t2, t3, _ := trits(uint64(binary.LittleEndian.Uint32(b[48:])))
	store(dst[240:], t0|t1<<32) // four bytes each
	store(dst[248:], t2|t3<<32)
}

// tq1Encode makes eight numbers at a time, each of which fits its byte. It leaves the
// scale alone.
func tq1Encode(b *[tq1Bytes]byte, weights *[tqBlock]byte) {
	for m := 0; m < 32; m += 8 {
		v := 3*codesOf(weights[m:]) + codesOf(weights[32+m:])
		v = 3*v + codesOf(weights[64+m:])
		v = 3*v + codesOf(weights[96+m:])
		store(b[m:], base3(3*v+codesOf(weights[128+m:])))
	}
	for m := 0; m < 16; m += 8 {
		v := 3*codesOf(weights[160+m:]) + codesOf(weights[176+m:])
		v = 3*v + codesOf(weights[192+m:])
		v = 3*v + codesOf(weights[208+m:])
		store(b[32+m:], base3(3*v+codesOf(weights[224+m:])))
	}
	lo, hi := codesOf(weights[240:]), codesOf(weights[248:])
	const first = 1<<32 - 1
	v := 27*(lo&first) + 9*(lo>>32) + 3*(hi&first) + hi>>32
	binary.LittleEndian.PutUint32(b[48:], uint32(base3(3*v))) // the zero digit
}

// base3 returns the bytes of the eight numbers in v.
func base3(v uint64) uint64 {
	return uint64(base3Bytes[byte(v)]) | uint64(base3Bytes[byte(v>>8)])<<8 |
		uint64(base3Bytes[byte(v>>16)])<<16 | uint64(base3Bytes[byte(v>>24)])<<24 |
		uint64(base3Bytes[byte(v>>32)])<<32 | uint64(base3Bytes[byte(v>>40)])<<40 |
		uint64(base3Bytes[byte(v>>48)])<<48 | uint64(base3Bytes[byte(v>>56)])<<56
}
