package qtensor

import "fmt"

// scaleBytes returns the scale of w[r,c] in a layout that has one for each row or block.
func (t *Tensor) scaleBytes(r, c int) []byte {
	f, row := forms[t.Layout], t.row(r)
	if f.perRow {
		return row[r%f.rows*f.scale:][:f.scale]
	}
	block := row[c/f.block*(f.bytes+f.scale):][:f.bytes+f.scale]
	if f.last {
		return block[f.bytes:]
	}
	return block[:f.scale]
}

// scaleZero reports whether a scale is 0 or -0: weights are 0 whatever their codes.
func scaleZero(b []byte) bool {
	if len(b) == 2 {
		return b[0] == 0 && b[1]&0x7f == 0
	}
	return b[0]|b[1]|b[2]|b[3]&0x7f == 0
}

// blockScales returns one scale if all blocks that are not zero agree, else one for
// each row, else an error. Rows and tensors of zeros get scale 1.
func (t *Tensor) blockScales() ([]float32, error) {
	all, one := float32(0), true
	span := t.Layout.scaleSpan(t.Cols)
	var rows []float32 // made when the second scale turns up
	for r := range t.Rows {
		row, at := float32(0), 0
		for c := 0; c < t.Cols; c += span {
			d := scaleAt(t.scaleBytes(r, c))
			switch {
			case !finite(d):
				return nil, t.notFinite(r, c, d)
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

// finiteScales is blockScales without a word on whether they agree.
func (t *Tensor) finiteScales() error {
	span := t.Layout.scaleSpan(t.Cols)
	for r := range t.Rows {
		for c := 0; c < t.Cols; c += span {
			if d := scaleAt(t.scaleBytes(r, c)); !finite(d) {
				return t.notFinite(r, c, d)
			}
		}
	}
	return nil
}

func (t *Tensor) notFinite(r, c int, d float32) error {
	span := t.Layout.scaleSpan(t.Cols)
	return fmt.Errorf("qtensor: %v scale of row %d, columns %d to %d is %v: the data is damaged", t.Layout, r, c, c+span-1, d)
}
