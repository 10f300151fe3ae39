package qtensor

import "github.com/bitnet-go/bitnet/bitnet-core/convert"

// Decode sets dst, (hi-lo, Cols), to the weights -1, 0 and +1 of rows lo ≤ r < hi. It
// reads the bytes of these rows only, so that a matrix in a mapped file can be decoded a
// few rows at a time. Several goroutines may decode different rows. It panics if the
// shapes do not fit.
func (t *Tensor) Decode(dst []int8, lo, hi int) {
	if lo < 0 || hi < lo || hi > t.Rows || len(dst) != (hi-lo)*t.Cols {
		panic("qtensor: Decode shape")
	}
	for r := lo; r < hi; r++ {
		row := convert.Bytes(dst[(r-lo)*t.Cols:][:t.Cols])
		if t.Layout == Plain {
			copy(row, t.Data[r*t.Cols:])
			continue
		}
		t.decode(row, r)
		subtractOne(row)
	}
}

// decode sets dst (Cols) to the codes of row r.
func (t *Tensor) decode(dst []byte, r int) {
	switch t.Layout {
	case HF:
		hfDecode(dst, t.Data, t.Rows, t.Cols, r)
	case I2S, I2SARM:
		i2sDecode(dst, t.Data, t.Layout.i2s()/4, r*t.Cols)
	case Plain:
		plainDecode(dst, t.Data[r*t.Cols:])
	default:
		t.decodeBlocks(dst, r)
	}
}

// decodeBlocks is decode for layouts with scales of rows or blocks. Where a scale is 0,
// weights are 0 whatever their codes.
func (t *Tensor) decodeBlocks(dst []byte, r int) {
	f, row := forms[t.Layout], t.row(r)
	if f.perRow {
		if scaleZero(t.scaleBytes(r, 0)) {
			fill(dst, 1)
			return
		}
		switch codes := row[f.rows*f.scale:]; t.Layout {
		case IQ2:
			iq2Decode(dst, codes)
		case IQ1:
			iq1Decode(dst, codes)
		default:
			r4Decode(dst, codes, r%4)
		}
		return
	}
	for size := f.bytes + f.scale; len(dst) > 0; dst, row = dst[f.block:], row[size:] {
		block := dst[:f.block]
		switch {
		case t.Layout == Q2:
			if scaleZero(row[:f.scale]) {
				fill(block, 1)
			} else {
				q2Decode((*[q2Block]byte)(block), (*[q2Bytes - 2]byte)(row[2:]))
			}
		case scaleZero(row[f.bytes:size]):
			fill(block, 1)
		case t.Layout == TQ1:
			tq1Decode((*[tqBlock]byte)(block), row)
		default:
			tq2Decode((*[tqBlock]byte)(block), row)
		}
	}
}

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}
