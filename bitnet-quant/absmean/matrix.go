package absmean

import (
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// A Matrix is master weights in the bytes of a file, of shape (Rows, Cols): little-endian
// F32, F16 or BF16, at any address. It is quantized in two passes over Data, which may be
// mapped: neither needs more memory than a few rows. The Matrix does not own Data.
type Matrix struct {
	Rows, Cols int
	Type       dtype.DType
	Data       []byte
}

// Scale returns γ, the same to the bit as a [Mean] that is given one row after the other.
// Rows are divided among the threads of pool; nil means the caller's. It panics if
// Data is not as long as shape and type say.
func (m *Matrix) Scale(pool *parallel.Pool) float32 {
	m.check()
	means := make([]Mean, m.Rows) // to merge them in the order of rows
	part := func(lo, hi int) { m.Means(means[lo:hi], lo, hi) }
	if pool == nil {
		part(0, m.Rows)
	} else {
		pool.Split(m.Rows, 1, 8, part)
	}
	var all Mean
	for _, mean := range means {
		all.Merge(mean)
	}
	return all.Scale()
}

// Means adds each of the rows lo ≤ r < hi to a mean of its own, for who divides rows himself:
// merged in the order of rows they are what [Matrix.Scale] finds. Several goroutines may
// read different rows. It panics if the shapes do not fit.
func (m *Matrix) Means(means []Mean, lo, hi int) {
	m.check()
	if lo < 0 || hi < lo || hi > m.Rows || len(means) != hi-lo {
		panic("absmean: Matrix.Means shape")
	}
	if m.Type == dtype.BF16 {
		addBF16(means, m.Data[2*lo*m.Cols:2*hi*m.Cols])
		return
	}
	row := make([]float32, m.Cols)
	for r := lo; r < hi; r++ {
		means[r-lo].Add(m.row(row, r))
	}
}

// Round sets dst, (hi-lo, Cols), to rows lo ≤ r < hi rounded with the scale γ. Several
// goroutines may round different rows. It panics if the shapes do not fit.
func (m *Matrix) Round(dst []int8, lo, hi int, scale float32) {
	m.check()
	if lo < 0 || hi < lo || hi > m.Rows || len(dst) != (hi-lo)*m.Cols {
		panic("absmean: Matrix.Round shape")
	}
	row := make([]float32, m.Cols)
	for r := lo; r < hi; r++ {
		Round(dst[(r-lo)*m.Cols:(r-lo+1)*m.Cols], m.row(row, r), scale)
	}
}

func (m *Matrix) check() {
	_, size := m.Type.Block()
	known := m.Type == dtype.F32 || m.Type == dtype.F16 || m.Type == dtype.BF16
	if !known || m.Rows < 0 || m.Cols < 0 || m.Cols > math.MaxInt/4 || len(m.Data) != m.Rows*m.Cols*size {
		panic("absmean: Matrix shape")
	}
}

// row returns the weights of row r, in scratch (Cols) where they are not float32 already.
func (m *Matrix) row(scratch []float32, r int) []float32 {
	_, size := m.Type.Block()
	src := m.Data[r*m.Cols*size : (r+1)*m.Cols*size]
	if m.Type == dtype.F32 {
		if w, ok := convert.View[float32](src); ok {
			return w
		}
	}
	if _, err := convert.Convert(convert.Bytes(scratch), src, dtype.F32, m.Type, convert.Options{}); err != nil {
		panic("absmean: Matrix row") // whole values of a known type
	}
	return scratch
}
