package nn

import "github.com/bitnet-go/bitnet/bitnet-core/dtype"

// A Matrix is a dense weight matrix of shape (Rows, Cols) in the bytes that a
// model file holds: little-endian F32, F16 or BF16. The Matrix does not own Data.
type Matrix struct {
	Rows, Cols int
	Type       dtype.DType
	Data       []byte // Rows * Cols elements
}

// Mul sets dst[t*ld+r] = Σ_c m[r][c]·x[t][c] for the rows lo <= r < hi and every
// row t of x (T, Cols). Products accumulate in float32, in an order that depends
// on the CPU but not on lo and hi: a row's result is the same to the bit whichever
// rows are computed with it. It panics if m.Type is not F32, F16 or BF16.
func (m *Matrix) Mul(dst []float32, ld int, x []float32, lo, hi int) {
	size := m.elementSize()
	if len(m.Data) != m.Rows*m.Cols*size || lo < 0 || hi > m.Rows || len(x)%max(m.Cols, 1) != 0 {
		panic("nn: Matrix.Mul shape")
	}
	if m.Cols == 0 || lo >= hi {
		return
	}
	tokens := len(x) / m.Cols
	if tokens > 0 && (tokens-1)*ld+hi > len(dst) {
		panic("nn: Matrix.Mul dst length")
	}
	stride := m.Cols * size
	var out [4]float32
	// Four rows stay in the first-level cache while every token passes.
	for r := lo; r < hi; r += 4 {
		n := min(4, hi-r)
		for t := range tokens {
			dotRows4(&out, m.Data[r*stride:], m.Type, stride, n, x[t*m.Cols:(t+1)*m.Cols])
			copy(dst[t*ld+r:t*ld+r+n], out[:n])
		}
	}
}

// Row decodes row r to float32.
func (m *Matrix) Row(dst []float32, r int) {
	stride := m.Cols * m.elementSize()
	if len(dst) != m.Cols || r < 0 || r >= m.Rows {
		panic("nn: Matrix.Row shape")
	}
	if err := dtype.Float32s(dst, m.Data[r*stride:(r+1)*stride], m.Type); err != nil {
		panic("nn: Matrix.Row type")
	}
}

func (m *Matrix) elementSize() int {
	switch m.Type {
	case dtype.F32:
		return 4
	case dtype.F16, dtype.BF16:
		return 2
	}
	panic("nn: Matrix type")
}
