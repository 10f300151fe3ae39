package qtensor

import "encoding/binary"

// The functions of this file work on eight bytes at a time in a 64-bit word.

const (
	lowCodes = 0x0303030303030303 // the low code of every byte
	lowBits  = 0x5555555555555555 // the low bit of every code
)

func load(b []byte) uint64     { return binary.LittleEndian.Uint64(b) }
func store(b []byte, v uint64) { binary.LittleEndian.PutUint64(b, v) }

// noCode3 reports whether no two-bit code of b is 3.
func noCode3(b []byte) bool {
	var both uint64
	for ; len(b) >= 8; b = b[8:] {
		v := load(b)
		both |= v & (v >> 1)
	}
	for _, v := range b {
		both |= uint64(v & (v >> 1))
	}
	return both&lowBits == 0
}

// plainTernary reports whether all bytes are -1, 0 or +1.
func plainTernary(b []byte) bool {
	for _, v := range b {
		if v+1 > 2 {
			return false
		}
	}
	return true
}

// spread sets dst[32n+m], n < 4, m < 32, to the code in bits 2·order[n]+1:2·order[n] of
// src[m].
func spread(dst *[128]byte, src *[32]byte, order *[4]uint8) {
	for m := 0; m < 32; m += 8 {
		v := load(src[m:])
		store(dst[m:], v>>(2*order[0]&7)&lowCodes)
		store(dst[32+m:], v>>(2*order[1]&7)&lowCodes)
		store(dst[64+m:], v>>(2*order[2]&7)&lowCodes)
		store(dst[96+m:], v>>(2*order[3]&7)&lowCodes)
	}
}

// trits splits eight TQ1 bytes into their base-3 digits, first digit first: digit
// n of byte i is byte i of the n-th word. Each step multiplies the bytes, spread
// over 16-bit lanes, by 3: what is carried out of the low byte is the digit.
func trits(v uint64) (t [5]uint64) {
	const even = 0x00ff00ff00ff00ff
	e, o := v&even, v>>8&even
	for n := range t {
		e, o = 3*e, 3*o
		t[n] = e>>8&even | o&^even
		e, o = e&even, o&even
	}
	return t
}
