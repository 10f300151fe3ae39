package nn

import "github.com/bitnet-go/bitnet/bitnet-core/dtype"

// A Matrix is a dense weight matrix of shape (Rows, Cols) in the bytes that a
// model file holds: little-endian F32, F16 or BF16, or blocks of Q8_0, Q6_K or Q4_0,
// of which rows hold a whole number. The Matrix does not own Data.
type Matrix struct {
	Rows, Cols int
	Type       dtype.DType
	Data       []byte // one row after another, as many bytes as RowBytes says
}

// RowBytes returns the bytes of a row of cols weights of type d. It is false if a
// Matrix cannot have the type, or rows of this width.
func RowBytes(d dtype.DType, cols int) (n int, ok bool) {
	switch {
	case cols < 0:
	case d == dtype.F32, d == dtype.F16, d == dtype.BF16, isBlocks(d):
		elems, size := d.Block()
		return cols / elems * size, cols%elems == 0
	}
	return 0, false
}

// Mul sets dst[t*ld+r] = Σ_c m[r][c]·x[t][c] for the rows lo <= r < hi and every
// row t of x (T, Cols). Products accumulate in float32, in an order that depends
// on the CPU but not on lo, hi and T: a row's result is the same to the bit whichever
// rows and tokens are computed with it. Blocks are decoded first, which is exact: their
// product is that of the weights [Matrix.Row] returns. It panics if there is no
// [RowBytes].
func (m *Matrix) Mul(dst []float32, ld int, x []float32, lo, hi int) {
	stride := m.stride()
	if len(m.Data) != m.Rows*stride || lo < 0 || hi > m.Rows || len(x)%max(m.Cols, 1) != 0 {
		panic("nn: Matrix.Mul shape")
	}
	if m.Cols == 0 || len(x) == 0 || lo >= hi {
		return
	}
	if ld < 0 || (len(x)/m.Cols-1)*ld+hi > len(dst) {
		panic("nn: Matrix.Mul dst length")
	}
	if isBlocks(m.Type) {
		m.mulBlocks(dst, ld, x, lo, hi)
		return
	}
	block := dotBlock
	if len(x) == m.Cols {
		block = dotStream
	}
	rows := max(block/stride/4*4, 4)
	for r := lo; r < hi; r += rows {
		dotRows(dst[r:], ld, m.Data[r*stride:], m.Type, stride, min(rows, hi-r), x, m.Cols)
	}
}

const (
	// dotBlock is how many bytes of rows every token passes while they are in the
	// second-level cache.
	dotBlock = 128 << 10
	// dotStream is how many bytes a kernel may read that runs for one token: enough for
	// it to be undisturbed, and below the tenth of a millisecond that the garbage collector
	// may have to wait for it.
	dotStream = 1 << 20
)

// Row decodes row r to float32.
func (m *Matrix) Row(dst []float32, r int) {
	stride := m.stride()
	if len(dst) != m.Cols || r < 0 || r >= m.Rows {
		panic("nn: Matrix.Row shape")
	}
	row := m.Data[r*stride : (r+1)*stride]
	if isBlocks(m.Type) {
		decodeBlocks(dst, row, m.Type)
	} else if err := dtype.Float32s(dst, row, m.Type); err != nil {
		panic("nn: Matrix.Row type")
	}
}

func (m *Matrix) stride() int {
	n, ok := RowBytes(m.Type, m.Cols)
	if !ok {
		panic("nn: Matrix type")
	}
	return n
}
