package tensor

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// At returns one element, the index along each dimension given, as a float64.
// Integers beyond 2^53 are rounded. It panics for block types.
func (t *Tensor) At(idx ...int) float64 {
	if len(idx) != len(t.shape) {
		panic("tensor: At index count is not the number of dimensions")
	}
	n := t.off
	for d, i := range idx {
		if i < 0 || i >= t.shape[d] {
			panic("tensor: At index out of range")
		}
		n += i * t.strides[d]
	}
	elems, size := t.dtype.Block()
	if elems != 1 {
		panic("tensor: At of a block type")
	}
	b := t.buf.Bytes()[t.base+n*size:]
	le := binary.LittleEndian
	switch t.dtype {
	case dtype.F64:
		return math.Float64frombits(le.Uint64(b))
	case dtype.F32:
		return float64(math.Float32frombits(le.Uint32(b)))
	case dtype.F16:
		return float64(dtype.F16ToF32(le.Uint16(b)))
	case dtype.BF16:
		return float64(dtype.BF16ToF32(le.Uint16(b)))
	case dtype.I64:
		return float64(int64(le.Uint64(b)))
	case dtype.I32:
		return float64(int32(le.Uint32(b)))
	case dtype.I16:
		return float64(int16(le.Uint16(b)))
	case dtype.I8:
		return float64(int8(b[0]))
	case dtype.U64:
		return float64(le.Uint64(b))
	case dtype.U32:
		return float64(le.Uint32(b))
	case dtype.U16:
		return float64(le.Uint16(b))
	default: // U8, Bool
		return float64(b[0])
	}
}

// Float32s returns the elements of a contiguous F32 tensor without a copy; it
// panics for another. Writing to it writes to the tensor, and it is valid as
// long as the buffer is.
func (t *Tensor) Float32s() []float32 {
	if t.dtype != dtype.F32 {
		panic("tensor: Float32s of another type than F32")
	}
	b := t.Bytes()
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}
