package blas

// element is the types of matrices: operands are of the first two, results of the
// first and the last.
type element interface{ float32 | int8 | int32 }

// A Matrix is a view of a slice: element (i, j) is Data[i*Down+j*Right]. Distances are
// in elements and not negative. Distance 0 repeats a row or column, which operands may
// and results may not.
type Matrix[T element] struct {
	Data        []T
	Rows, Cols  int
	Down, Right int
}

// Dense returns the view of data (rows, cols), row after row.
func Dense[T element](data []T, rows, cols int) Matrix[T] {
	return Strided(data, rows, cols, cols)
}

// Strided returns the view of data whose rows begin stride elements apart: BLAS's
// leading dimension of a row-major matrix.
func Strided[T element](data []T, rows, cols, stride int) Matrix[T] {
	return Matrix[T]{Data: data, Rows: rows, Cols: cols, Down: stride, Right: 1}
}

// T returns the transpose, a view of the same data.
func (m Matrix[T]) T() Matrix[T] {
	return Matrix[T]{Data: m.Data, Rows: m.Cols, Cols: m.Rows, Down: m.Right, Right: m.Down}
}

// Sub returns the view of rows [i, i+rows) and columns [j, j+cols).
func (m Matrix[T]) Sub(i, j, rows, cols int) Matrix[T] {
	if i < 0 || j < 0 || rows < 0 || cols < 0 || i > m.Rows-rows || j > m.Cols-cols {
		panic("blas: Sub out of range")
	}
	s := Matrix[T]{Rows: rows, Cols: cols, Down: m.Down, Right: m.Right}
	if rows > 0 && cols > 0 {
		s.Data = m.Data[i*m.Down+j*m.Right:]
	}
	return s
}

// valid reports whether every element is in Data.
func (m *Matrix[T]) valid() bool {
	if m.Rows < 0 || m.Cols < 0 || m.Down < 0 || m.Right < 0 {
		return false
	}
	if m.Rows == 0 || m.Cols == 0 {
		return true
	}
	// Quotients, as products may overflow.
	left := len(m.Data) - 1
	if left < 0 || m.Down > 0 && m.Rows-1 > left/m.Down {
		return false
	}
	left -= (m.Rows - 1) * m.Down
	return m.Right == 0 || m.Cols-1 <= left/m.Right
}

// writable reports whether m is valid and its elements are distinct.
func (m *Matrix[T]) writable() bool {
	if !m.valid() {
		return false
	}
	if m.Rows == 0 || m.Cols == 0 {
		return true
	}
	down, right := m.Down, m.Right
	switch {
	case m.Rows == 1:
		return m.Cols == 1 || right > 0
	case m.Cols == 1:
		return down > 0
	case down == 0 || right == 0:
		return false
	case down >= right:
		return (m.Cols-1)*right < down
	}
	return (m.Rows-1)*down < right
}
