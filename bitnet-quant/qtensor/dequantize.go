package qtensor

// Dequantize sets dst (rows·cols) to the weights of data in their own unit. Unlike
// [Parse] it takes TQ1, TQ2 and Q2 data with any scales. HF and Plain data, which has
// no scale, gives -1, 0 and +1.
//
// It panics if len(dst) is not rows·cols.
func Dequantize(dst []float32, l Layout, data []byte, rows, cols int) error {
	t, err := withCodes(l, data, rows, cols)
	if err != nil {
		return err
	}
	if len(dst) != rows*cols {
		panic("qtensor: Dequantize length")
	}
	scale := float32(1)
	if l.i2s() > 0 {
		s, err := t.i2sScale()
		if err != nil {
			return err
		}
		scale = s[0]
	}
	span := l.scaleSpan(cols)
	codes := make([]byte, cols)
	for r := range rows {
		t.decode(codes, r)
		row := dst[r*cols : (r+1)*cols]
		for c, code := range codes {
			if span > 0 && c%span == 0 {
				scale = scaleAt(t.scaleBytes(r, c))
			}
			row[c] = float32(int(code)-1) * scale
		}
	}
	return nil
}
