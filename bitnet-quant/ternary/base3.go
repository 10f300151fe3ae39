package ternary

import (
	"encoding/binary"

	"github.com/bitnet-go/bitnet/bitnet-quant/int8act"
	"github.com/bitnet-go/bitnet/bitnet-quant/internal/aligned"
)

// A Layout says how the weights of a matrix are packed.
type Layout uint8

const (
	// TwoBit packs each weight in two bits, row after row.
	TwoBit Layout = iota
	// Base3 packs three weights in five bits, [GroupRows] rows side by side: a sixth
	// less than TwoBit.
	Base3
)

const (
	// GroupRows is the number of rows that Base3 packs together.
	GroupRows = 3 * groupLanes

	// MaxBase3Cols is the largest number of columns in Base3: kernels add up
	// |Σ (a+4b+16c)·q| ≤ 42·128·MaxBase3Cols < 1<<31.
	MaxBase3Cols = 1 << 18

	groupLanes = 16           // rows whose weights of four columns fill a vector of 64 bytes
	unitCols   = 32           // columns of a unit
	unitBytes  = 5 * 64       // eight vectors of 5-bit codes in five of bytes
	unitCodes  = unitCols / 4 // vectors of codes

	unitsOfBlock = BlockLen / unitCols
)

// String returns the name of the layout.
func (l Layout) String() string {
	if l == Base3 {
		return "base3"
	}
	return "two-bit"
}

// Bytes returns the size of a matrix in the layout.
func (l Layout) Bytes(rows, cols int) int {
	if l == Base3 {
		return (rows + GroupRows - 1) / GroupRows * base3Stride(cols)
	}
	return rows * Stride(cols)
}

// base3Stride returns the bytes of a group of rows.
func base3Stride(cols int) int { return (cols + unitCols - 1) / unitCols * unitBytes }

// Smallest returns the layout that takes the least memory of those that this machine
// has kernels for.
func Smallest(rows, cols int) Layout {
	if bestBase3 != nil && cols <= MaxBase3Cols && Base3.Bytes(rows, cols) < TwoBit.Bytes(rows, cols) {
		return Base3
	}
	return TwoBit
}

// NewBase3 returns a Base3 matrix with aligned Data. Its weights are unspecified:
// every group has to be set before it is used. NewBase3 panics if a dimension is negative
// or cols exceeds [MaxBase3Cols].
func NewBase3(rows, cols int) Matrix {
	if rows < 0 || cols < 0 || cols > MaxBase3Cols {
		panic("ternary: NewBase3 shape")
	}
	return Matrix{Rows: rows, Cols: cols, Layout: Base3, Data: aligned.Make[byte](Base3.Bytes(rows, cols))}
}

// SetGroup packs the rows of src, a matrix of as many columns in TwoBit and the natural
// order, into rows GroupRows·g and up of m, which is in Base3: GroupRows of them, or
// as many as m has left. It panics if the shapes do not fit.
func (m *Matrix) SetGroup(g int, src *Matrix) {
	if m.Layout != Base3 || src.Layout != TwoBit || m.Order != int8act.Natural || src.Order != int8act.Natural {
		panic("ternary: SetGroup layout")
	}
	if g < 0 || g*GroupRows >= m.Rows || src.Cols != m.Cols || src.Rows != min(GroupRows, m.Rows-g*GroupRows) {
		panic("ternary: SetGroup shape")
	}
	size := base3Stride(m.Cols)
	dst := m.Data[g*size : (g+1)*size]
	done := 0 // blocks
	if best.pack != nil && src.Rows == GroupRows {
		if done = len(dst) / (unitsOfBlock * unitBytes); done > 0 {
			best.pack(dst, src.Data, Stride(m.Cols), done)
		}
	}
	packGeneric(dst, src, done)
}

// packGeneric packs a group of up to GroupRows rows, from a block on.
func packGeneric(dst []byte, src *Matrix, block int) {
	if dst = dst[block*unitsOfBlock*unitBytes:]; len(dst) == 0 {
		return
	}
	stride := Stride(src.Cols)
	for lane := range groupLanes {
		var row [3][]byte
		for i := range row {
			if r := i*groupLanes + lane; r < src.Rows {
				row[i] = src.Data[r*stride+block*BlockBytes : (r+1)*stride]
			}
		}
		packLane(dst[4*lane:], &row)
	}
}

// weightsOf0 are four blocks' codes of weight 0.
const weightsOf0 = 0x55555555

// packLane packs three rows, nil for weights of 0, into their four bytes of each vector.
func packLane(dst []byte, row *[3][]byte) {
	for u := 0; u*unitBytes < len(dst); u++ {
		// Unit u is half of the weights of one bit pair of a block.
		at, shift := u/unitsOfBlock*BlockBytes+u%2*unitCols, uint(u%unitsOfBlock/2*2)
		var code [unitCodes]uint32 // four each, one a byte
		for k := range code {
			var w [3]uint32
			for i, r := range row {
				w[i] = weightsOf0
				if r != nil {
					w[i] = binary.LittleEndian.Uint32(r[at+4*k:])
				}
				w[i] = w[i] >> shift & 0x03030303
			}
			code[k] = w[0] + 3*w[1] + 9*w[2]
		}
		const low3, bit3, bit4 = 0x07070707, 0x08080808, 0x10101010
		c5, c6, c7 := code[5], code[6], code[7]
		unit := dst[u*unitBytes:]
		binary.LittleEndian.PutUint32(unit, code[0]|c5&low3<<5)
		binary.LittleEndian.PutUint32(unit[64:], code[1]|c5>>3&0x03030303<<6|c7&bit3<<2)
		binary.LittleEndian.PutUint32(unit[128:], code[2]|c6&low3<<5)
		binary.LittleEndian.PutUint32(unit[192:], code[3]|c6>>3&0x03030303<<6|c7&bit4<<1)
		binary.LittleEndian.PutUint32(unit[256:], code[4]|c7&low3<<5)
	}
}

// unitCode returns code k of four columns of a lane of a unit: it is the inverse of
// what packLane does with codes.
func unitCode(unit []byte, lane, k, c int) byte {
	v := func(i int) byte { return unit[64*i+4*lane+c] }
	switch k {
	case 5:
		return v(0)>>5 | v(1)>>6<<3
	case 6:
		return v(2)>>5 | v(3)>>6<<3
	case 7:
		return v(4)>>5 | v(1)>>5&1<<3 | v(3)>>5&1<<4
	}
	return v(k) & 31
}

// base3Code returns the code w+1 of one weight of a matrix in Base3.
func (m *Matrix) base3Code(r, c int) byte {
	unit := m.Data[r/GroupRows*base3Stride(m.Cols)+c/unitCols*unitBytes:][:unitBytes]
	r %= GroupRows
	code := unitCode(unit, r%groupLanes, c%unitCols/4, c%4)
	switch r / groupLanes {
	case 1:
		code /= 3
	case 2:
		code /= 9
	}
	return code % 3
}
