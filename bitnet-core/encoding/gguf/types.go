package gguf

import "github.com/bitnet-go/bitnet/bitnet-core/dtype"

// typeIDs are the tensor types by their number in the file. Numbers that engines
// use for different things (38 and 39) or have given up are left out.
var typeIDs = map[uint32]dtype.DType{
	0:   dtype.F32,
	1:   dtype.F16,
	2:   dtype.Q4_0,
	3:   dtype.Q4_1,
	6:   dtype.Q5_0,
	7:   dtype.Q5_1,
	8:   dtype.Q8_0,
	10:  dtype.Q2_K,
	11:  dtype.Q3_K,
	12:  dtype.Q4_K,
	13:  dtype.Q5_K,
	14:  dtype.Q6_K,
	24:  dtype.I8,
	25:  dtype.I16,
	26:  dtype.I32,
	27:  dtype.I64,
	28:  dtype.F64,
	30:  dtype.BF16,
	34:  dtype.TQ1_0,
	35:  dtype.TQ2_0,
	36:  dtype.I2_S,
	42:  dtype.Q2_0,
	134: dtype.IQ1_BN,
	135: dtype.IQ2_BN,
	335: dtype.IQ2_BN_R4,
}

// typeID returns the number of d; false if the format has none.
func typeID(d dtype.DType) (uint32, bool) {
	for id, t := range typeIDs {
		if t == d {
			return id, true
		}
	}
	return 0, false
}

// valueType is the type of a metadata value, by its number in the file.
type valueType uint32

const (
	typeUint8 valueType = iota
	typeInt8
	typeUint16
	typeInt16
	typeUint32
	typeInt32
	typeFloat32
	typeBool
	typeString
	typeArray
	typeUint64
	typeInt64
	typeFloat64
)

// minSize is the least number of bytes that a value of each type takes.
var minSize = [...]int{
	typeUint8: 1, typeInt8: 1, typeUint16: 2, typeInt16: 2, typeUint32: 4, typeInt32: 4,
	typeFloat32: 4, typeBool: 1, typeUint64: 8, typeInt64: 8, typeFloat64: 8,
	typeString: 8,     // its length
	typeArray:  4 + 8, // element type and count
}

const (
	magic            = "GGUF"
	defaultAlignment = 32
	alignmentKey     = "general.alignment"
	maxKey           = 1<<16 - 1 // bytes, by the specification
	maxDims          = 4
	maxAlignment     = 1 << 20
	maxNesting       = 8 // of arrays in arrays; files in the wild use none
)
