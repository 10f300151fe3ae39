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
	t, err := withCodes(l, data, rows, cols)
	if err != nil {
		return nil, err
	}
	switch {
	case l.i2s() > 0:
		t.Scale, err = t.i2sScale()
	case forms[l].scale > 0:
		t.Scale, err = t.blockScales()
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Check is Parse for who does not want the scales: those of blocks and rows may be any
// that are finite, as [Dequantize] takes them.
func Check(l Layout, data []byte, rows, cols int) error {
	t, err := withCodes(l, data, rows, cols)
	switch {
	case err != nil:
	case l.i2s() > 0:
		_, err = t.i2sScale()
	case forms[l].scale > 0:
		err = t.finiteScales()
	}
	return err
}

// withCodes checks the size of data and that its weights are ternary.
func withCodes(l Layout, data []byte, rows, cols int) (*Tensor, error) {
	if err := l.checkSize(len(data), rows, cols); err != nil {
		return nil, err
	}
	t := &Tensor{Layout: l, Rows: rows, Cols: cols, Data: data}
	if err := t.checkCodes(); err != nil {
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
	case I2S, I2SARM:
		return i2sCode(t.Data, t.Layout.i2s()/4, r*t.Cols+c)
	case Plain:
		return t.Data[r*t.Cols+c] + 1
	}
	if scaleZero(t.scaleBytes(r, c)) {
		return 1
	}
	row := t.row(r)
	switch f := forms[t.Layout]; t.Layout {
	case TQ1:
		return tq1Code(row[c/tqBlock*tq1Bytes:], c%tqBlock)
	case TQ2:
		return tq2Code(row[c/tqBlock*tq2Bytes:], c%tqBlock)
	case Q2:
		return row[c/q2Block*q2Bytes+f.scale+c%q2Block/4] >> (c % 4 * 2) & 3
	case IQ2:
		return row[f.scale+c/iqBlock*iq2Bytes+c%16] >> (c % iqBlock / 16 * 2) & 3
	case IQ1:
		return iq1Code(row[f.scale+c/iqBlock*iq1Bytes:], c%iqBlock)
	default: // IQ2R4, whose row is four
		at, shift := r4At(r%4, c)
		return row[4*f.scale+at] >> shift & 3
	}
}

// row returns the bytes of row r, for IQ2R4 of the four that hold it.
func (t *Tensor) row(r int) []byte {
	n, whole := t.Layout.rowBytes(t.Cols), forms[t.Layout].rows
	return t.Data[r/whole*whole*n:][:whole*n]
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
			tq1Pack(m.PackedRow(at+r), t.row(r))
		case t.Layout == TQ2:
			tq2Pack(m.PackedRow(at+r), t.row(r))
		default:
			if codes == nil {
				codes = make([]byte, t.Cols)
			}
			t.decode(codes, r)
			m.SetCodes(at+r, codes, 0)
		}
	}
}

// checkCodes reports the first weight that is not ternary.
func (t *Tensor) checkCodes() error {
	ok := true
	switch t.Layout {
	case HF:
		ok = hfTernary(t.Data, t.Rows, t.Cols)
	case I2S, I2SARM:
		ok = noCode3(t.Data[:len(t.Data)-i2sTail])
	case Plain:
		ok = plainTernary(t.Data)
	case TQ2, Q2, IQ2, IQ2R4:
		ok = t.rowsTernary()
	default: // every byte of TQ1 and IQ1 is five digits
	}
	if ok {
		return nil
	}
	for r := range t.Rows {
		for c := range t.Cols {
			if t.code(r, c) > 2 {
				return t.notTernary(r, c)
			}
		}
	}
	return nil
}

// rowsTernary looks at the codes of two bits apart from scales. It errs where the scale
// is 0, and such weights are 0: the loop that looks for the place decides.
func (t *Tensor) rowsTernary() bool {
	f := forms[t.Layout]
	for r := 0; r < t.Rows; r += f.rows {
		row := t.row(r)
		if f.perRow {
			if !noCode3(row[f.rows*f.scale:]) {
				return false
			}
			continue
		}
		first := f.scale
		if f.last {
			first = 0
		}
		for size := f.bytes + f.scale; len(row) > 0; row = row[size:] {
			if !noCode3(row[first:][:f.bytes]) {
				return false
			}
		}
	}
	return true
}

func (t *Tensor) notTernary(r, c int) error {
	if t.Layout == Q2 {
		return fmt.Errorf("qtensor: %v weight at row %d, column %d is 2 times the scale, not -1, 0 or +1: the matrix is not ternary", t.Layout, r, c)
	}
	return fmt.Errorf("qtensor: %v weight at row %d, column %d is not -1, 0 or +1: the data is damaged or of another type", t.Layout, r, c)
}
