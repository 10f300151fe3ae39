package dtype

import (
	"math"
	"strconv"
)

// A DType is the type of a tensor's elements. The zero value is [Invalid].
type DType uint8

// Plain types: one value after another.
const (
	// Invalid is the zero DType: the type of nothing, or a type of some file
	// that this package does not know.
	Invalid DType = iota
	F64
	F32
	F16  // IEEE 754 binary16
	BF16 // bfloat16: the upper 16 bits of an F32
	I64
	I32
	I16
	I8
	U64
	U32
	U16
	U8
	Bool // one byte, 0 or 1
)

// Packed types: two integers without a scale are a block of one byte, the first in
// its lower half, the second in its upper one.
const (
	I4 DType = iota + 24 // two's complement, -8 to 7
	U4                   // 0 to 15
)

// Block types of model files.
const (
	Q4_0 DType = iota + 32 // 4 bits a weight, one f16 scale to 32 weights
	Q4_1
	Q5_0
	Q5_1
	Q8_0 // 8 bits a weight, one f16 scale to 32 weights
	Q2_K // the K types: super-blocks of 256 weights with quantized inner scales
	Q3_K
	Q4_K
	Q5_K
	Q6_K
	TQ1_0     // ternary, five weights a byte, one f16 scale to 256 weights
	TQ2_0     // ternary, four weights a byte, one f16 scale to 256 weights
	Q2_0      // values -1, 0, 1, 2 in two bits, one f16 scale to 64 weights
	I2_S      // ternary, four weights a byte, one f32 scale to the tensor, 28 bytes of padding
	IQ1_BN    // ternary, 13 bytes to 64 weights, one f16 scale before each row
	IQ2_BN    // ternary, four weights a byte, one f32 scale before each row
	IQ2_BN_R4 // IQ2_BN with four rows interleaved
)

// layout is the size of a type: blocks, and the bytes outside them.
type layout struct {
	name         string
	elems, bytes int // of one block
	row          int // bytes before each row
	tensor       int // bytes after the last block
	rows         int // rows come in multiples of this; 0 means 1
}

var layouts = [256]layout{
	F64:  {name: "F64", elems: 1, bytes: 8},
	F32:  {name: "F32", elems: 1, bytes: 4},
	F16:  {name: "F16", elems: 1, bytes: 2},
	BF16: {name: "BF16", elems: 1, bytes: 2},
	I64:  {name: "I64", elems: 1, bytes: 8},
	I32:  {name: "I32", elems: 1, bytes: 4},
	I16:  {name: "I16", elems: 1, bytes: 2},
	I8:   {name: "I8", elems: 1, bytes: 1},
	U64:  {name: "U64", elems: 1, bytes: 8},
	U32:  {name: "U32", elems: 1, bytes: 4},
	U16:  {name: "U16", elems: 1, bytes: 2},
	U8:   {name: "U8", elems: 1, bytes: 1},
	Bool: {name: "BOOL", elems: 1, bytes: 1},

	I4: {name: "I4", elems: 2, bytes: 1},
	U4: {name: "U4", elems: 2, bytes: 1},

	Q4_0:      {name: "Q4_0", elems: 32, bytes: 18},
	Q4_1:      {name: "Q4_1", elems: 32, bytes: 20},
	Q5_0:      {name: "Q5_0", elems: 32, bytes: 22},
	Q5_1:      {name: "Q5_1", elems: 32, bytes: 24},
	Q8_0:      {name: "Q8_0", elems: 32, bytes: 34},
	Q2_K:      {name: "Q2_K", elems: 256, bytes: 84},
	Q3_K:      {name: "Q3_K", elems: 256, bytes: 110},
	Q4_K:      {name: "Q4_K", elems: 256, bytes: 144},
	Q5_K:      {name: "Q5_K", elems: 256, bytes: 176},
	Q6_K:      {name: "Q6_K", elems: 256, bytes: 210},
	TQ1_0:     {name: "TQ1_0", elems: 256, bytes: 54},
	TQ2_0:     {name: "TQ2_0", elems: 256, bytes: 66},
	Q2_0:      {name: "Q2_0", elems: 64, bytes: 18},
	I2_S:      {name: "I2_S", elems: 128, bytes: 32, tensor: 32},
	IQ1_BN:    {name: "IQ1_BN", elems: 64, bytes: 13, row: 2},
	IQ2_BN:    {name: "IQ2_BN", elems: 64, bytes: 16, row: 4},
	IQ2_BN_R4: {name: "IQ2_BN_R4", elems: 64, bytes: 16, row: 4, rows: 4},
}

// String returns the type's name as model files and their tools write it.
func (d DType) String() string {
	if l := &layouts[d]; l.name != "" {
		return l.name
	}
	if d == Invalid {
		return "INVALID"
	}
	return "DType(" + strconv.Itoa(int(d)) + ")"
}

// Valid reports whether d is one of the types named in this package.
func (d DType) Valid() bool { return layouts[d].elems != 0 }

// Plain reports whether d stores one value after another.
func (d DType) Plain() bool { return layouts[d].elems == 1 }

// Sliceable reports whether a run of whole blocks is itself a tensor of type d:
// true for plain types and for block types without a scale outside the blocks.
func (d DType) Sliceable() bool {
	l := &layouts[d]
	return l.elems != 0 && l.row == 0 && l.tensor == 0
}

// Block returns the number of elements in a block and the bytes they take: 1
// and the element's size for plain types, 0 and 0 for [Invalid]. Scales outside
// the blocks are not counted.
func (d DType) Block() (elems, bytes int) {
	return layouts[d].elems, layouts[d].bytes
}

// Size returns the bytes that n elements take as a tensor of one row, scales
// included: n/4+32 for I2_S. It is false if n is negative or no whole number of
// blocks, if the result overflows, or if d is invalid.
func (d DType) Size(n int64) (int64, bool) {
	l := &layouts[d]
	if l.rows > 1 {
		return 0, false
	}
	return l.size(1, n)
}

// TensorSize returns the bytes that a contiguous tensor takes. shape is in
// row-major order: the last dimension is the row that blocks run along. It is
// false in the cases of [DType.Size], and if the rows of a block type do not
// hold whole blocks. I2_S runs over the whole tensor, so there only the total
// counts.
func (d DType) TensorSize(shape []int) (int64, bool) {
	l := &layouts[d]
	rows, row := int64(1), int64(1)
	for i, n := range shape {
		p := &rows
		if i == len(shape)-1 || l.tensor > 0 {
			p = &row
		}
		if n < 0 || n > 0 && *p > math.MaxInt64/int64(n) {
			return 0, false
		}
		*p *= int64(n)
	}
	return l.size(rows, row)
}

// size is the size of a tensor of rows rows of n elements.
func (l *layout) size(rows, n int64) (int64, bool) {
	if l.elems == 0 || n < 0 || n%int64(l.elems) != 0 || rows%int64(max(l.rows, 1)) != 0 {
		return 0, false
	}
	blocks := n / int64(l.elems)
	if blocks > (math.MaxInt64-int64(l.row))/int64(l.bytes) {
		return 0, false
	}
	row := int64(l.row) + blocks*int64(l.bytes)
	if row != 0 && rows > (math.MaxInt64-int64(l.tensor))/row {
		return 0, false
	}
	return rows*row + int64(l.tensor), true
}
