package ternary

import (
	"github.com/bitnet-go/bitnet/bitnet-quant/int8act"
	"github.com/bitnet-go/bitnet/bitnet-quant/internal/aligned"
)

// A Matrix is a packed ternary matrix of shape (Rows, Cols): Rows output
// features, Cols input features.
type Matrix struct {
	Rows, Cols int

	// Layout is how the weights are packed. Methods that name a layout in their
	// description are for that one, and others for all.
	Layout Layout

	// Order is the order of the weights in their blocks, which the activations
	// must have, too. The methods that set rows want int8act.Natural.
	Order int8act.Order

	// Streamed says that the weights are likely to come from memory when they are
	// used, as those of a model do that is larger than the last-level cache.
	// Products are the same, and one token's may be faster.
	Streamed bool

	// Data holds Layout.Bytes(Rows, Cols) bytes, laid out as the package comment says. Kernels are fastest if it begins at a multiple of 64
	// bytes and correct wherever it begins.
	Data []byte
}

// New returns a TwoBit matrix with aligned Data. Its weights are unspecified: every row
// has to be set before it is used. New panics if a dimension is negative or
// cols exceeds [MaxCols].
func New(rows, cols int) Matrix {
	if rows < 0 || cols < 0 || cols > MaxCols {
		panic("ternary: New shape")
	}
	return Matrix{Rows: rows, Cols: cols, Data: aligned.Make[byte](rows * Stride(cols))}
}

// PackedRow returns the Stride(Cols) bytes of row r of a TwoBit matrix, to be read or
// written. It panics if r is not a row, or has no bytes of its own.
func (m *Matrix) PackedRow(r int) []byte {
	if m.Layout != TwoBit {
		panic("ternary: PackedRow layout")
	}
	if r < 0 || r >= m.Rows {
		panic("ternary: PackedRow row")
	}
	stride := Stride(m.Cols)
	return m.Data[r*stride : (r+1)*stride : (r+1)*stride]
}

// SetRow packs w (Cols), values -1, 0 and +1, into row r of a TwoBit matrix. It panics if len(w) is
// not Cols, r is not a row, or a weight is not ternary.
func (m *Matrix) SetRow(r int, w []int8) {
	if len(w) != m.Cols || r < 0 || r >= m.Rows {
		panic("ternary: SetRow shape")
	}
	if m.Order != int8act.Natural {
		panic("ternary: SetRow order")
	}
	row := m.PackedRow(r)
	for len(w) > 0 {
		n := min(len(w), BlockLen)
		var codes [BlockLen]byte
		for i, v := range w[:n] {
			codes[i] = byte(v + 1)
			if codes[i] > 2 {
				panic("ternary: SetRow weight")
			}
		}
		for i := n; i < BlockLen; i++ {
			codes[i] = 1
		}
		PackBlock((*[BlockBytes]byte)(row), &codes, 0)
		row, w = row[BlockBytes:], w[n:]
	}
}

// SetCodes packs codes (Cols) into row r of a TwoBit matrix: 0, 1 or 2, which the caller has checked,
// in bits shift+1:shift of each byte. shift is 0, 2, 4 or 6. It panics if len(codes)
// is not Cols or r is not a row. It is the fast way in for readers of file formats.
func (m *Matrix) SetCodes(r int, codes []byte, shift uint) {
	if len(codes) != m.Cols || r < 0 || r >= m.Rows {
		panic("ternary: SetCodes shape")
	}
	if m.Order != int8act.Natural {
		panic("ternary: SetCodes order")
	}
	row := m.PackedRow(r)
	for len(codes) >= BlockLen {
		PackBlock((*[BlockBytes]byte)(row), (*[BlockLen]byte)(codes), shift)
		row, codes = row[BlockBytes:], codes[BlockLen:]
	}
	if len(codes) > 0 {
		var last [BlockLen]byte
		for i := copy(last[:], codes); i < BlockLen; i++ {
			last[i] = 1 << shift
		}
		PackBlock((*[BlockBytes]byte)(row), &last, shift)
	}
}

// Row unpacks row r into dst (Cols). It panics if len(dst) is not Cols or r is
// not a row.
func (m *Matrix) Row(dst []int8, r int) {
	if len(dst) != m.Cols || r < 0 || r >= m.Rows {
		panic("ternary: Row shape")
	}
	if m.Layout == Base3 {
		for c := range dst {
			dst[c] = int8(m.base3Code(r, c)) - 1
		}
		return
	}
	row := m.PackedRow(r)
	for len(dst) > 0 {
		var codes [BlockLen]byte
		unpackBlock(&codes, (*[BlockBytes]byte)(row))
		n := min(len(dst), BlockLen)
		for i := range n {
			dst[i] = int8(codes[m.Order.At(i)]) - 1
		}
		row, dst = row[BlockBytes:], dst[n:]
	}
}
