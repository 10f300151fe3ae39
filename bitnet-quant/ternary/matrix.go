package ternary

import "github.com/bitnet-go/bitnet/bitnet-quant/internal/aligned"

// A Matrix is a packed ternary matrix of shape (Rows, Cols): Rows output
// features, Cols input features.
type Matrix struct {
	Rows, Cols int

	// Data holds Rows rows of Stride(Cols) bytes each, in the layout of the
	// package comment. Kernels are fastest if it begins at a multiple of 64
	// bytes and correct wherever it begins.
	Data []byte
}

// New returns a matrix with aligned Data. Its weights are unspecified: every row
// has to be set before it is used. New panics if a dimension is negative or
// cols exceeds [MaxCols].
func New(rows, cols int) Matrix {
	if rows < 0 || cols < 0 || cols > MaxCols {
		panic("ternary: New shape")
	}
	return Matrix{Rows: rows, Cols: cols, Data: aligned.Make[byte](rows * Stride(cols))}
}

// row returns the packed row r.
func (m *Matrix) row(r int) []byte {
	stride := Stride(m.Cols)
	return m.Data[r*stride : (r+1)*stride : (r+1)*stride]
}

// SetRow packs w (Cols), values -1, 0 and +1, into row r. It panics if len(w) is
// not Cols, r is not a row, or a weight is not ternary.
func (m *Matrix) SetRow(r int, w []int8) {
	if len(w) != m.Cols || r < 0 || r >= m.Rows {
		panic("ternary: SetRow shape")
	}
	row := m.row(r)
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
		packBlock((*[BlockBytes]byte)(row), &codes)
		row, w = row[BlockBytes:], w[n:]
	}
}

// SetCodes is SetRow for weights that are codes already, one a byte: 0, 1 or 2,
// which the caller has checked. Only the low two bits of a byte are looked at. It
// is the fast way in for readers of file formats.
func (m *Matrix) SetCodes(r int, codes []byte) {
	if len(codes) != m.Cols || r < 0 || r >= m.Rows {
		panic("ternary: SetCodes shape")
	}
	row := m.row(r)
	for len(codes) >= BlockLen {
		packBlock((*[BlockBytes]byte)(row), (*[BlockLen]byte)(codes))
		row, codes = row[BlockBytes:], codes[BlockLen:]
	}
	if len(codes) > 0 {
		var last [BlockLen]byte
		for i := copy(last[:], codes); i < BlockLen; i++ {
			last[i] = 1
		}
		packBlock((*[BlockBytes]byte)(row), &last)
	}
}

// Row unpacks row r into dst (Cols). It panics if len(dst) is not Cols or r is
// not a row.
func (m *Matrix) Row(dst []int8, r int) {
	if len(dst) != m.Cols || r < 0 || r >= m.Rows {
		panic("ternary: Row shape")
	}
	row := m.row(r)
	for len(dst) > 0 {
		var codes [BlockLen]byte
		unpackBlock(&codes, (*[BlockBytes]byte)(row))
		n := min(len(dst), BlockLen)
		for i := range n {
			dst[i] = int8(codes[i]) - 1
		}
		row, dst = row[BlockBytes:], dst[n:]
	}
}
