package convert

import (
	"encoding/binary"
	"sync"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// halves reports whether d has two values a byte.
func halves(d dtype.DType) bool { return d == dtype.I4 || d == dtype.U4 }

// byteType returns the type of bytes with all values of one of half a byte.
func byteType(d dtype.DType) dtype.DType {
	if d == dtype.I4 {
		return dtype.I8
	}
	return dtype.U8
}

// I4Bytes returns the bytes that n values of I4 or U4 take: half as many, rounded up.
func I4Bytes(n int) int { return n/2 + n%2 }

// PackI4 sets dst to the values of src as I4, saturated to -8 and 7: value 2i in the
// lower half of byte i, value 2i+1 in the upper one. If their number is odd the last half
// is zero. It panics unless len(dst) is I4Bytes(len(src)). dst may be the front part of
// the memory of src.
func PackI4(dst []byte, src []int8) {
	if len(dst) != I4Bytes(len(src)) {
		panic("convert: PackI4 length mismatch")
	}
	pack(dst, Bytes(src), true)
}

// PackU4 is [PackI4] for U4, saturated to 15.
func PackU4(dst, src []byte) {
	if len(dst) != I4Bytes(len(src)) {
		panic("convert: PackU4 length mismatch")
	}
	pack(dst, src, false)
}

// UnpackI4 sets dst to the values of src; see [PackI4]. It panics unless len(src) is
// I4Bytes(len(dst)). The two must not overlap.
func UnpackI4(dst []int8, src []byte) {
	if len(src) != I4Bytes(len(dst)) {
		panic("convert: UnpackI4 length mismatch")
	}
	unpack(Bytes(dst), src, true)
}

// UnpackU4 is [UnpackI4] for U4.
func UnpackU4(dst, src []byte) {
	if len(src) != I4Bytes(len(dst)) {
		panic("convert: UnpackU4 length mismatch")
	}
	unpack(dst, src, false)
}

// pack is PackI4 or PackU4.
func pack(dst, src []byte, signed bool) {
	half := func(v byte) byte { return min(v, 15) }
	if signed {
		half = func(v byte) byte { return byte(min(max(int8(v), -8), 7)) & 15 }
	}
	i := packVec(dst, src, signed)
	for ; i+1 < len(src); i += 2 {
		dst[i/2] = half(src[i]) | half(src[i+1])<<4
	}
	if i < len(src) {
		dst[i/2] = half(src[i])
	}
}

// unpack is UnpackI4 or UnpackU4, eight values at a time.
func unpack(dst, src []byte, signed bool) {
	const ones = 0x0101010101010101
	i := unpackVec(dst, src, signed)
	for ; i+8 <= len(dst); i += 8 {
		v := uint64(binary.LittleEndian.Uint32(src[i/2:]))
		v = (v | v<<16) & 0x0000ffff0000ffff
		v = (v | v<<8) & 0x00ff00ff00ff00ff
		v = (v | v<<4) & (15 * ones)
		if signed { // the sign into the upper half, 0xf0 being 30 times 8
			v |= v & (8 * ones) * 30
		}
		binary.LittleEndian.PutUint64(dst[i:], v)
	}
	for ; i < len(dst); i++ {
		v := src[i/2] >> (i % 2 * 4) & 15
		if signed {
			v = byte(int8(v<<4) >> 4)
		}
		dst[i] = v
	}
}

type byteScratch [grain]byte

var byteScratches = sync.Pool{New: func() any { return new(byteScratch) }}

// throughBytes is run if one of the types, or both, has two values a byte.
func throughBytes(dst, src []byte, to, from dtype.DType, n int) {
	switch {
	case halves(to) && from == byteType(to):
		pack(dst, src[:n], to == dtype.I4)
		return
	case halves(from) && to == byteType(from):
		unpack(dst[:n], src, from == dtype.I4)
		return
	}
	s := byteScratches.Get().(*byteScratch)
	defer byteScratches.Put(s)
	te, tb := to.Block()
	fe, fb := from.Block()
	for n > 0 {
		k := min(n, grain)
		if halves(to) {
			run(s[:k], src[:k/fe*fb], byteType(to), from, k)
			pack(dst[:k/2], s[:k], to == dtype.I4)
		} else {
			unpack(s[:k], src[:k/2], from == dtype.I4)
			run(dst[:k/te*tb], s[:k], to, byteType(from), k)
		}
		dst, src, n = dst[k/te*tb:], src[k/fe*fb:], n-k
	}
}
