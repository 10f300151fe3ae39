package qtensor

import (
	"encoding/binary"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-quant/ternary"
)

// tqScale returns d of a TQ1 or TQ2 block.
func tqScale(block []byte) float32 {
	return dtype.F16ToF32(binary.LittleEndian.Uint16(block[len(block)-2:]))
}

// tqZero reports whether the scale of a block is 0.
func tqZero(block []byte) bool {
	return binary.LittleEndian.Uint16(block[len(block)-2:])&0x7fff == 0
}

// tqScales returns one scale if all blocks that are not zero agree, else one for
// each row, else an error. Rows and tensors of zeros get scale 1.
func (t *Tensor) tqScales() ([]float32, error) {
	all, one := float32(0), true
	var rows []float32 // made when the second scale turns up
	for r := range t.Rows {
		row, at := float32(0), 0
		for c := 0; c < t.Cols; c += tqBlock {
			d := tqScale(t.block(r, c))
			switch {
			case !finite(d):
				return nil, fmt.Errorf("qtensor: %v scale of row %d, columns %d to %d is %v: the data is damaged", t.Layout, r, c, c+tqBlock-1, d)
			case d == 0 || d == row:
			case row == 0:
				row, at = d, c
			default:
				return nil, fmt.Errorf("qtensor: %v row %d has scale %g at column %d and %g at column %d; group scales are not supported: convert the model with one scale for each tensor or row",
					t.Layout, r, row, at, d, c)
			}
		}
		switch {
		case row == 0:
			row = 1 // of zeros only
		case all == 0:
			all = row
		case row != all && one:
			one = false
			rows = make([]float32, t.Rows)
			for i := range r {
				rows[i] = all
			}
		}
		if !one {
			rows[r] = row
		}
	}
	switch {
	case !one:
		return rows, nil
	case all == 0:
		return []float32{1}, nil
	}
	return []float32{all}, nil
}

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

func tq2Code(b *[tq2Bytes]byte, i int) byte {
	if tqZero(b[:]) {
		return 1
	}
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

func tq2Encode(b *[tq2Bytes]byte, codes *[tqBlock]byte) {
	for i, c := range codes {
		at, shift := tq2At(i)
		b[at] |= c << shift
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

func tq1Code(b *[tq1Bytes]byte, i int) byte {
	if tqZero(b[:]) {
		return 1
	}
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
		tq1Decode(&codes, b)
		ternary.PackBlock((*[ternary.BlockBytes]byte)(dst), &codes, 0)
	}
}

// tq1Decode sets dst to the codes of a block, whatever its scale.
func tq1Decode(dst *[tqBlock]byte, b *[tq1Bytes]byte) {
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

func tq1Encode(b *[tq1Bytes]byte, codes *[tqBlock]byte) {
	var value [52]uint16
	var digits [52]int
	for i, c := range codes { // in the order of their digits
		at, _ := tq1At(i)
		value[at] = 3*value[at] + uint16(c)
		digits[at]++
	}
	for at, v := range value {
		for ; digits[at] < 5; digits[at]++ {
			v *= 3
		}
		b[at] = byte((v*256 + 242) / 243)
	}
}
