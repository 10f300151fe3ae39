package qtensor

// Make returns a matrix of one scale, in memory of its own and the layout HF, of codes that
// are made as they are packed: codes sets dst, (hi-lo, cols), to -1, 0 and 1 of rows lo to
// hi, a few at a time, so that a matrix in the making takes little more than it does in the
// end.
func Make(rows, cols int, scale float32, codes func(dst []int8, lo, hi int)) (*Tensor, error) {
	const weights = 1 << 18 // at a time
	e, err := NewEncoder(HF, rows, cols)
	if err != nil {
		return nil, err
	}
	data := make([]byte, e.Size(0, e.Rows()))
	step := max(1, weights/4/max(cols, 1))
	var scratch []int8
	for lo := 0; lo < e.Rows(); lo += step {
		hi := min(lo+step, e.Rows())
		err := e.EncodeFrom(data[e.Size(0, lo):e.Size(0, hi)], &scratch, lo, hi, func(dst []int8, lo, hi int) error {
			codes(dst, lo, hi)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	t, err := Parse(HF, data, rows, cols)
	if err != nil {
		return nil, err
	}
	t.Scale = []float32{scale}
	return t, nil
}

// RowScale returns the scale of row r: that of the whole matrix, or the row's own.
func (t *Tensor) RowScale(r int) float32 { return t.Scale[min(r, len(t.Scale)-1)] }
