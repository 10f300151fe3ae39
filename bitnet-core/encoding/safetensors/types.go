package safetensors

import (
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// typeNames are the element types by their names in the header.
var typeNames = map[string]dtype.DType{
	"BOOL": dtype.Bool,
	"U8":   dtype.U8,
	"I8":   dtype.I8,
	"I16":  dtype.I16,
	"U16":  dtype.U16,
	"F16":  dtype.F16,
	"BF16": dtype.BF16,
	"I32":  dtype.I32,
	"U32":  dtype.U32,
	"F32":  dtype.F32,
	"F64":  dtype.F64,
	"I64":  dtype.I64,
	"U64":  dtype.U64,
}

// fileOrder is the order of types in a file that the reference implementation
// writes: falling alignment, so that with a padded header every tensor is
// aligned. Within a type, tensors are sorted by name.
var fileOrder = []dtype.DType{
	dtype.U64, dtype.I64, dtype.F64, dtype.F32, dtype.U32, dtype.I32, dtype.BF16,
	dtype.F16, dtype.U16, dtype.I16, dtype.I8, dtype.U8, dtype.Bool,
}

// rank returns the place of d in fileOrder, or -1 if the format has no such type.
func rank(d dtype.DType) int { return slices.Index(fileOrder, d) }

const (
	metadataKey = "__metadata__"
	// maxHeader is the reference implementation's limit, in bytes.
	maxHeader = 100_000_000
	indexName = "model.safetensors.index.json"
	modelName = "model.safetensors"
)
