package tq

import (
	"encoding/binary"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// Weights is the number of weights in a block.
const Weights = 256

const (
	ones  = 0x0101010101010101
	lanes = 0x00ff00ff00ff00ff // the lower bytes of words of 16 bits
)

// Decode sets w to the weights of a block of d, TQ1_0 or TQ2_0, without their scale, which
// it returns.
func Decode(w *[Weights]int8, block []byte, d dtype.DType) (scale float32) {
	_, size := d.Block()
	block = block[:size]
	c := (*[Weights]byte)(unsafe.Pointer(w))
	if d == dtype.TQ1_0 {
		decode1(c, block)
	} else {
		decode2(c, block)
	}
	for i := 0; i < Weights; i += 8 { // minus one, without a borrow
		v := binary.LittleEndian.Uint64(c[i:])
		binary.LittleEndian.PutUint64(c[i:], (v|0x80*ones-ones)^0x80*ones)
	}
	return dtype.F16ToF32(binary.LittleEndian.Uint16(block[size-2:]))
}

// Encode packs codes of 0 to 2 and their scale, which is rounded, into a block of d, TQ1_0
// or TQ2_0.
func Encode(block []byte, codes *[Weights]byte, scale float32, d dtype.DType) {
	_, size := d.Block()
	block = block[:size]
	if d == dtype.TQ1_0 {
		encode1(block, codes)
	} else {
		encode2(block, codes)
	}
	binary.LittleEndian.PutUint16(block[size-2:], dtype.F32ToF16(scale))
}

func decode2(c *[Weights]byte, b []byte) {
	for m := 0; m < 64; m += 8 {
		v := binary.LittleEndian.Uint64(b[m:])
		to := c[m/32*128+m%32:]
		binary.LittleEndian.PutUint64(to, v&(3*ones))
		binary.LittleEndian.PutUint64(to[32:], v>>2&(3*ones))
		binary.LittleEndian.PutUint64(to[64:], v>>4&(3*ones))
		binary.LittleEndian.PutUint64(to[96:], v>>6&(3*ones))
	}
}

func encode2(b []byte, c *[Weights]byte) {
	for m := 0; m < 64; m += 8 {
		from := c[m/32*128+m%32:]
		binary.LittleEndian.PutUint64(b[m:], binary.LittleEndian.Uint64(from)|
			binary.LittleEndian.Uint64(from[32:])<<2|
			binary.LittleEndian.Uint64(from[64:])<<4|
			binary.LittleEndian.Uint64(from[96:])<<6)
	}
}

// part1 returns the weight that is the first digit of byte m, m < 48, and how far from
// there the next ones are.
func part1(m int) (weight, count int) {
	if m < 32 {
		return m, 32
	}
	return 160 + m - 32, 16
}

func decode1(c *[Weights]byte, b []byte) {
	for m := 0; m < 48; m += 8 {
		weight, count := part1(m)
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

// fives are the bytes of all numbers of five digits.
var fives = func() (t [243]byte) {
	for v := range t {
		t[v] = byte((v*256 + 242) / 243)
	}
	return t
}()

// encode1 computes eight numbers at a time: none is larger than a byte.
func encode1(b []byte, c *[Weights]byte) {
	for m := 0; m < 48; m += 8 {
		weight, count := part1(m)
		v := uint64(0)
		for n := range 5 {
			v = v*3 + binary.LittleEndian.Uint64(c[weight+count*n:])
		}
		for k := range 8 {
			b[m+k] = fives[byte(v>>(8*k))]
		}
	}
	v := uint32(0)
	for n := range 4 {
		v = v*3 + binary.LittleEndian.Uint32(c[240+4*n:])
	}
	v *= 3
	for k := range 4 {
		b[48+k] = fives[byte(v>>(8*k))]
	}
}
