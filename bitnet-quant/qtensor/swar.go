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
	for ; len(b) >= 32; b = b[32:] {
		v0, v1, v2, v3 := load(b), load(b[8:]), load(b[16:]), load(b[24:])
		both |= v0&(v0>>1) | v1&(v1>>1) | v2&(v2>>1) | v3&(v3>>1)
	}
	for _, v := range b {
		both |= uint64(v & (v >> 1))
	}
	return both&lowBits == 0
}

// plainTernary reports whether all bytes are -1, 0 or +1.
func plainTernary(b []byte) bool {
	var wrong uint64
	for ; len(b) >= 32; b = b[32:] {
		wrong |= notWeights(load(b)) | notWeights(load(b[8:])) | notWeights(load(b[16:])) | notWeights(load(b[24:]))
	}
	for _, v := range b {
		if v+1 > 2 {
			return false
		}
	}
	return wrong == 0
}

// notWeights is 0 if all bytes of v are -1, 0 or +1. Bit 1 tells -1, all of whose bits
// are set, from the other two, which have none beyond bit 0.
func notWeights(v uint64) uint64 {
	const low = lowCodes / 3 // bit 0 of every byte
	return v ^ (v>>1&low*0xff | v&low)
}

// codesOf returns the codes of eight int8 weights: w+1 within two bits.
func codesOf(b []byte) uint64 { return (load(b)&lowCodes + lowCodes/3) & lowCodes }

// subtractOne makes the int8 weights of as many codes, in place.
func subtractOne(b []byte) {
	const low, high = lowCodes / 3, 0x80 * (lowCodes / 3) // a high bit stops the borrow
	for ; len(b) >= 32; b = b[32:] {
		v0, v1, v2, v3 := load(b), load(b[8:]), load(b[16:]), load(b[24:])
		store(b, ((v0|high)-low)^high)
		store(b[8:], ((v1|high)-low)^high)
		store(b[16:], ((v2|high)-low)^high)
		store(b[24:], ((v3|high)-low)^high)
	}
	for ; len(b) >= 8; b = b[8:] {
		store(b, ((load(b)|high)-low)^high)
	}
	for i := range b {
		b[i]--
	}
}

// plainDecode sets dst to the codes of as many int8 weights.
func plainDecode(dst, src []byte) {
	for ; len(dst) >= 8; dst, src = dst[8:], src[8:] {
		store(dst, codesOf(src))
	}
	for i := range dst {
		dst[i] = src[i] + 1
	}
}

// trits splits eight TQ1 bytes into their base-3 digits, first digit first: byte i
// of each result is a digit of byte i. A step multiplies the bytes, spread over
// 16-bit lanes, by 3: what is carried out of the low byte is the digit.
func trits(v uint64) (t0, t1, t2, t3, t4 uint64) {
	const even = 0x00ff00ff00ff00ff
	e, o := 3*(v&even), 3*(v>>8&even)
	t0 = e>>8&even | o&^even
	e, o = 3*(e&even), 3*(o&even)
	t1 = e>>8&even | o&^even
	e, o = 3*(e&even), 3*(o&even)
	t2 = e>>8&even | o&^even
	e, o = 3*(e&even), 3*(o&even)
	t3 = e>>8&even | o&^even
	e, o = 3*(e&even), 3*(o&even)
	t4 = e>>8&even | o&^even
	return
}
