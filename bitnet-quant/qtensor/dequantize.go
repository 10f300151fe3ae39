package qtensor

// Dequantize sets dst (rows·cols) to the weights of data in their own unit. Unlike
// [Parse] it takes TQ1 and TQ2 data with any scales. HF and Plain data, which has
// no scale, gives -1, 0 and +1.
//
// It panics if len(dst) is not rows·cols.
func Dequantize(dst []float32, l Layout, data []byte, rows, cols int) error {
	if err := l.checkSize(len(data), rows, cols); err != nil {
		return err
	}
	if len(dst) != rows*cols {
		panic("qtensor: Dequantize length")
	}
	t := &Tensor{Layout: l, Rows: rows, Cols: cols, Data: data}
	if err := t.checkCodes(); err != nil {
		return err
	}
	scale := float32(1)
	if l == I2S {
		s, err := t.i2sScale()
		if err != nil {
			return err
		}
		scale = s[0]
	}
	codes := make([]byte, cols)
	for r := range rows {
		t.decode(codes, r)
		row := dst[r*cols : (r+1)*cols]
		for c, code := range codes {
			if c%tqBlock == 0 && (l == TQ1 || l == TQ2) {
				scale = tqScale(t.block(r, c))
			}
			row[c] = float32(int(code)-1) * scale
		}
	}
	return nil
}
