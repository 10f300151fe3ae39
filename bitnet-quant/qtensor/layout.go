package qtensor

import (
	"fmt"
	"math/bits"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-quant/ternary"
)

// A Layout is a way to store a ternary matrix. The package comment describes
// each.
type Layout uint8

// The layouts of Hugging Face checkpoints, of GGUF types 36, 34 and 35, of one int8 a
// weight, and of GGUF types 42, 135, 134, 335 and, as ARM builds wrote it, 36.
const (
	HF Layout = iota
	I2S
	TQ1
	TQ2
	Plain
	Q2
	IQ2
	IQ1
	IQ2R4
	I2SARM
)

var layoutNames = [...]string{"packed uint8", "I2_S", "TQ1_0", "TQ2_0", "int8", "Q2_0", "IQ2_BN", "IQ1_BN", "IQ2_BN_R4", "I2_S of ARM"}

// LayoutOf returns the layout that matrices of an element type of GGUF files have. For U8
// it is HF, the weights of Hugging Face checkpoints; other tensors have that type, too.
func LayoutOf(d dtype.DType) (l Layout, ok bool) {
	switch d {
	case dtype.U8:
		return HF, true
	case dtype.I2_S:
		return I2S, true
	case dtype.TQ1_0:
		return TQ1, true
	case dtype.TQ2_0:
		return TQ2, true
	case dtype.Q2_0:
		return Q2, true
	case dtype.IQ1_BN:
		return IQ1, true
	case dtype.IQ2_BN:
		return IQ2, true
	case dtype.IQ2_BN_R4:
		return IQ2R4, true
	}
	return 0, false
}

// String returns the name that files and their tools use.
func (l Layout) String() string {
	if int(l) < len(layoutNames) {
		return layoutNames[l]
	}
	return fmt.Sprintf("Layout(%d)", uint8(l))
}

const (
	i2sGroup      = 128 // weights of a group
	i2sGroupBytes = 32
	i2sTail       = 32 // scale and padding after the groups

	armGroup = 64

	tqBlock  = 256 // weights of a block
	tq1Bytes = 54
	tq2Bytes = 66

	q2Block = 64
	q2Bytes = 18

	iqBlock  = 64
	iq2Bytes = 16
	iq1Bytes = 13
)

// A form says how a layout whose rows are stored one after another is cut into
// blocks, and where its scales are. A scale before a row counts as one of a block as
// long as the row.
type form struct {
	block, bytes int  // weights of a block, and what they take without the scale
	scale        int  // bytes of a scale, 0 for layouts without or with one for the tensor
	perRow       bool // one scale before each row, instead of one to a block
	last         bool // the scale follows the codes of its block
	rows         int  // rows come in multiples of this
}

var forms = [...]form{
	HF:     {},
	I2S:    {},
	TQ1:    {block: tqBlock, bytes: tq1Bytes - 2, scale: 2, last: true, rows: 1},
	TQ2:    {block: tqBlock, bytes: tq2Bytes - 2, scale: 2, last: true, rows: 1},
	Plain:  {block: 1, bytes: 1, rows: 1},
	Q2:     {block: q2Block, bytes: q2Bytes - 2, scale: 2, rows: 1},
	IQ2:    {block: iqBlock, bytes: iq2Bytes, scale: 4, perRow: true, rows: 1},
	IQ1:    {block: iqBlock, bytes: iq1Bytes, scale: 2, perRow: true, rows: 1},
	IQ2R4:  {block: iqBlock, bytes: iq2Bytes, scale: 4, perRow: true, rows: 4},
	I2SARM: {},
}

// rowBytes is what a row of cols weights takes, scales included. It is 0 for layouts
// whose rows are not stored one after another.
func (l Layout) rowBytes(cols int) int {
	f := forms[l]
	if f.block == 0 {
		return 0
	}
	n := cols / f.block * f.bytes
	if f.perRow {
		return n + f.scale
	}
	return n + cols/f.block*f.scale
}

// scaleSpan is how many weights of a row of cols share a scale, 0 for layouts whose rows
// and blocks have none.
func (l Layout) scaleSpan(cols int) int {
	switch f := forms[l]; {
	case f.scale == 0:
		return 0
	case f.perRow:
		return cols
	default:
		return f.block
	}
}

// i2s returns the weights of a group of I2S or I2SARM, 0 for other layouts.
func (l Layout) i2s() int {
	switch l {
	case I2S:
		return i2sGroup
	case I2SARM:
		return armGroup
	}
	return 0
}

// Size returns the number of bytes that a matrix of shape (rows, cols) takes in
// layout l, or an error if l cannot hold that shape.
func (l Layout) Size(rows, cols int) (int, error) {
	if rows < 1 || cols < 1 {
		return 0, fmt.Errorf("qtensor: shape %d×%d has no weights", rows, cols)
	}
	if cols > ternary.MaxCols {
		return 0, fmt.Errorf("qtensor: rows of %d weights are longer than the supported %d", cols, ternary.MaxCols)
	}
	hi, n := bits.Mul64(uint64(rows), uint64(cols))
	if hi != 0 || n > 1<<46 {
		return 0, fmt.Errorf("qtensor: shape %d×%d is too large", rows, cols)
	}
	if int(l) >= len(forms) {
		return 0, fmt.Errorf("qtensor: unknown layout %v", l)
	}
	if l == HF {
		return hfRows(rows) * cols, nil
	}
	if group := l.i2s(); group > 0 {
		if n%uint64(group) != 0 {
			return 0, fmt.Errorf("qtensor: %v stores multiples of %d weights, shape %d×%d is none", l, group, rows, cols)
		}
		return int(n)/4 + i2sTail, nil
	}
	f := forms[l]
	if cols%f.block != 0 {
		return 0, fmt.Errorf("qtensor: %v stores rows of multiples of %d weights, %d is none", l, f.block, cols)
	}
	if rows%f.rows != 0 {
		return 0, fmt.Errorf("qtensor: %v stores multiples of %d rows, %d is none", l, f.rows, rows)
	}
	return rows * l.rowBytes(cols), nil
}

// checkSize is Size with the size of what is there.
func (l Layout) checkSize(have, rows, cols int) error {
	want, err := l.Size(rows, cols)
	if err != nil {
		return err
	}
	if have != want {
		return fmt.Errorf("qtensor: %d bytes of %v data, a %d×%d tensor takes %d: the file is truncated or its shape or type is wrong",
			have, l, rows, cols, want)
	}
	return nil
}
