package qtensor

import (
	"fmt"
	"math/bits"

	"github.com/bitnet-go/bitnet/bitnet-quant/ternary"
)

// A Layout is a way to store a ternary matrix. The package comment describes
// each.
type Layout uint8

// The layouts of Hugging Face checkpoints, of GGUF types 36, 34 and 35, and of
// one int8 a weight.
const (
	HF Layout = iota
	I2S
	TQ1
	TQ2
	Plain
)

var layoutNames = [...]string{"packed uint8", "I2_S", "TQ1_0", "TQ2_0", "int8"}

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

	tqBlock  = 256 // weights of a block
	tq1Bytes = 54
	tq2Bytes = 66
)

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
	switch l {
	case HF:
		return (rows + 3) / 4 * cols, nil
	case I2S:
		if n%i2sGroup != 0 {
			return 0, fmt.Errorf("qtensor: %v stores multiples of %d weights, shape %d×%d is none", l, i2sGroup, rows, cols)
		}
		return int(n)/4 + i2sTail, nil
	case TQ1, TQ2:
		if cols%tqBlock != 0 {
			return 0, fmt.Errorf("qtensor: %v stores rows of multiples of %d weights, %d is none", l, tqBlock, cols)
		}
		return int(n) / tqBlock * l.blockBytes(), nil
	case Plain:
		return int(n), nil
	}
	return 0, fmt.Errorf("qtensor: unknown layout %v", l)
}

// blockBytes is the size of a block of TQ1 or TQ2; its last two are the scale.
func (l Layout) blockBytes() int {
	if l == TQ1 {
		return tq1Bytes
	}
	return tq2Bytes
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
