package qtensor

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-quant/int8act"
	"github.com/bitnet-go/bitnet/bitnet-quant/ternary"
)

// A Tensor is a ternary matrix in the bytes of a model file. It is read-only and
// may be shared by goroutines.
type Tensor struct {
	Layout     Layout
	Rows, Cols int

	// Data is what Parse was given; the Tensor does not own it.
	Data []byte

	// Scale is what a weight is multiplied by: one value for the tensor or one for
	// each row. HF and Plain data holds none: whoever knows the scale sets it.
	Scale []float32
}

// Parse checks data, a matrix of shape (rows, cols) in layout l, and reads its
// scales. The Tensor refers to data.
func Parse(l Layout, data []byte, rows, cols int) (*Tensor, error) {
	if err := l.checkSize(len(data), rows, cols); err != nil {
		return nil, err
	}
	t := &Tensor{Layout: l, Rows: rows, Cols: cols, Data: data}
	if err := t.checkCodes(); err != nil {
		return nil, err
	}
	var err error
	switch l {
	case I2S:
		t.Scale, err = t.i2sScale()
	case TQ1, TQ2:
		t.Scale, err = t.tqScales()
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Codes sets dst (Cols) to the weights of a row, -1, 0 and +1, one at a time by
// the formulas of the package comment. It panics if the shapes do not fit.
func (t *Tensor) Codes(dst []int8, row int) {
	if len(dst) != t.Cols || row < 0 || row >= t.Rows {
		panic("qtensor: Codes shape")
	}
	for c := range dst {
		dst[c] = int8(t.code(row, c)) - 1
	}
}

// code returns w[r,c]+1.
func (t *Tensor) code(r, c int) byte {
	switch t.Layout {
	case HF:
		return hfCode(t.Data, t.Rows, t.Cols, r, c)
	case I2S:
		return i2sCode(t.Data, r*t.Cols+c)
	case TQ1:
		return tq1Code((*[tq1Bytes]byte)(t.block(r, c)), c%tqBlock)
	case TQ2:
		return tq2Code((*[tq2Bytes]byte)(t.block(r, c)), c%tqBlock)
	}
	return t.Data[r*t.Cols+c] + 1
}

// block returns the TQ1 or TQ2 block that holds w[r,c].
func (t *Tensor) block(r, c int) []byte {
	size := t.Layout.blockBytes()
	return t.Data[(r*t.Cols+c)/tqBlock*size:][:size]
}

// View returns the tensor's bytes as a matrix that kernels can multiply where it
// lies, which is valid for as long as Data is. It reports false for layouts that
// have to be repacked, as all but I2S with rows of whole blocks do.
func (t *Tensor) View() (ternary.Matrix, bool) {
	if t.Layout != I2S || t.Cols%ternary.BlockLen != 0 {
		return ternary.Matrix{}, false
	}
	return ternary.Matrix{Rows: t.Rows, Cols: t.Cols, Order: int8act.GroupsReversed, Data: t.Data[:t.Rows*ternary.Stride(t.Cols)]}, true
}

// PackInto repacks rows lo ≤ r < hi to rows at+r of m, which has the same number
// of columns. Callers may split the rows of a tensor over goroutines. It panics
// if the shapes do not fit.
func (t *Tensor) PackInto(m *ternary.Matrix, at, lo, hi int) {
	if lo < 0 || hi < lo || hi > t.Rows || m.Cols != t.Cols || at+lo < 0 || at+hi > m.Rows {
		panic("qtensor: PackInto shape")
	}
	var codes []byte // of a row that takes the long way
	for r := lo; r < hi; r++ {
		switch {
		case t.Layout == HF:
			row, shift := hfRow(t.Data, t.Rows, t.Cols, r)
			m.SetCodes(at+r, row, shift)
		case t.Layout == I2S && t.Cols%ternary.BlockLen == 0:
			i2sPack(m.PackedRow(at+r), t.Data[r*t.Cols/4:])
		case t.Layout == TQ1:
			tq1Pack(m.PackedRow(at+r), t.Data[r*t.Cols/tqBlock*tq1Bytes:])
		case t.Layout == TQ2:
			tq2Pack(m.PackedRow(at+r), t.Data[r*t.Cols/tqBlock*tq2Bytes:])
		default:
			if codes == nil {
				codes = make([]byte, t.Cols)
			}
			t.decode(codes, r)
			m.SetCodes(at+r, codes, 0)
		}
	}
}

// decode sets dst (Cols) to the codes of row r.
func (t *Tensor) decode(dst []byte, r int) {
	switch t.Layout {
	case I2S:
		i2sDecode(dst, t.Data, r*t.Cols)
	case Plain:
		plainDecode(dst, t.Data[r*t.Cols:])
	default:
		for c := range dst {
			dst[c] = t.code(r, c)
		}
	}
}

// checkCodes reports the first weight that is not ternary.
func (t *Tensor) checkCodes() error {
	var ok bool
	switch t.Layout {
	case HF:
		ok = hfTernary(t.Data, t.Rows, t.Cols)
	case I2S:
		ok = noCode3(t.Data[:len(t.Data)-i2sTail])
	case TQ2:
		ok = true
		for b := t.Data; len(b) > 0 && ok; b = b[tq2Bytes:] {
			ok = noCode3(b[:tq2Bytes-2])
		}
	case Plain:
		ok = plainTernary(t.Data)
	default: // every byte of TQ1 is five digits
		ok = true
	}
	if ok {
		return nil
	}
	for r := range t.Rows {
		for c := range t.Cols {
			if t.code(r, c) > 2 {
				return fmt.Errorf("qtensor: %v weight at row %d, column %d is not -1, 0 or +1: the data is damaged or of another type", t.Layout, r, c)
			}
		}
	}
	return nil
}
