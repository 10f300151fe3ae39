package dtype

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Float32s converts len(dst) little-endian elements of type from, one of F32,
// F16, BF16 and F64, into dst. F64 rounds to nearest even. Any other type is an
// error; a src that is not exactly len(dst) elements long is the caller's
// mistake and panics.
func Float32s(dst []float32, src []byte, from DType) error {
	switch from {
	case F32, F16, BF16, F64:
	default:
		return fmt.Errorf("dtype: no conversion from %v to float32: want F32, F16, BF16 or F64", from)
	}
	if size, ok := from.Size(int64(len(dst))); !ok || size != int64(len(src)) {
		panic("dtype: Float32s length mismatch")
	}
	switch from {
	case F32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	case F16:
		for i := range dst {
			dst[i] = F16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
		}
	case BF16:
		for i := range dst {
			dst[i] = BF16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
		}
	case F64:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
		}
	}
	return nil
}
