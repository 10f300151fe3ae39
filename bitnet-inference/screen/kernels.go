package screen

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

const (
	blockLen  = 64 // columns of a block: a cache line of codes
	groupRows = 4  // rows that a kernel takes at a time
	offset    = 128
)

// A dotKernel multiplies groups of four consecutive rows of codes, each row
// blocks·64 bytes long, with the planes x of a query:
//
//	out[r] = Σ_c codes[r][c] · (256·hi[c] + lo[c])
//
// x holds 64 bytes of hi and 64 bytes of lo for each block.
type dotKernel func(out *int64, codes *byte, x *int8, blocks, groups int)

// A variant is a kernel for the CPUs of one level.
type variant struct {
	name  string
	level simd.Level
	dot   dotKernel
}

// dot is the first variant that may be used here.
var dot = choose()

func choose() dotKernel {
	for _, v := range variants {
		if simd.Has(v.level) {
			return v.dot
		}
	}
	return dotGeneric
}
