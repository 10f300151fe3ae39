package qtensor

import (
	"encoding/binary"
	"fmt"
)

// tqScale returns d of a TQ1 or TQ2 block.
func tqScale(block []byte) float32 {
	return fromHalf(binary.LittleEndian.Uint16(block[len(block)-2:]))
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
		if row == 0 {
			row = 1 // of zeros only
		} else if all == 0 {
			all = row
		} else if row != all && one {
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

// tq2Order says which code of a byte belongs to which quarter of half a block.
var tq2Order = [4]uint8{0, 1, 2, 3}

func tq2Code(b *[tq2Bytes]byte, i int) byte {
	if tqScale(b[:]) == 0 {
		return 1
	}
	return b[i/128*32+i%32] >> (2 * tq2Order[i%128/32]) & 3
}

func tq2Decode(dst *[tqBlock]byte, b *[tq2Bytes]byte) {
	if tqScale(b[:]) == 0 {
		zeros(dst)
		return
	}
	spread((*[128]byte)(dst[:128]), (*[32]byte)(b[:32]), &tq2Order)
	spread((*[128]byte)(dst[128:]), (*[32]byte)(b[32:64]), &tq2Order)
}

func tq2Encode(b *[tq2Bytes]byte, codes *[tqBlock]byte) {
	for i, c := range codes {
		b[i/128*32+i%32] |= c << (2 * tq2Order[i%128/32])
	}
}

// zeros sets dst to the codes of zero weights.
func zeros(dst *[tqBlock]byte) {
	for i := range dst {
		dst[i] = 1
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
	if tqScale(b[:]) == 0 {
		return 1
	}
	at, digit := tq1At(i)
	v := b[at]
	for range digit {
		v *= 3 // modulo 256: drops the digits before
	}
	return byte(uint16(v) * 3 >> 8)
}

func tq1Decode(dst *[tqBlock]byte, b *[tq1Bytes]byte) {
	if tqScale(b[:]) == 0 {
		zeros(dst)
		return
	}
	for m := 0; m < 32; m += 8 {
		for n, w := range trits(load(b[m:])) {
			store(dst[32*n+m:], w)
		}
	}
	for m := 0; m < 16; m += 8 {
		for n, w := range trits(load(b[32+m:])) {
			store(dst[160+16*n+m:], w)
		}
	}
	t := trits(uint64(binary.LittleEndian.Uint32(b[48:])))
	for n, w := range t[:4] {
		binary.LittleEndian.PutUint32(dst[240+4*n:], uint32(w))
	}
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
