package dtype

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"
)

// Float32s converts len(dst) little-endian elements of type from, one of F32,
// F16, BF16 and F64, into dst. F64 rounds to nearest even. Any other type is an
// error; a src that is not exactly len(dst) elements long is the caller's
// mistake and panics. src begins at any address.
func Float32s(dst []float32, src []byte, from DType) error {
	if !hasFloat32s(from) {
		return fmt.Errorf("dtype: no conversion from %v to float32: want F32, F16, BF16 or F64", from)
	}
	if size, ok := from.Size(int64(len(dst))); !ok || size != int64(len(src)) {
		panic("dtype: Float32s length mismatch")
	}
	switch from {
	case F32:
		for i := sameFloats(bytesOf(dst), src); i < len(dst); i++ {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	case F16:
		for i := widenF16Vec(dst, halves(src)); i < len(dst); i++ {
			dst[i] = F16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
		}
	case BF16:
		for i := widenBF16Vec(dst, halves(src)); i < len(dst); i++ {
			dst[i] = BF16ToF32(binary.LittleEndian.Uint16(src[2*i:]))
		}
	case F64:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
		}
	}
	return nil
}

// PutFloat32s is the other direction: it stores src as little-endian elements of type to,
// one of F32, F16, BF16 and F64, rounded to nearest even. Any other type is an error; a dst
// that is not exactly len(src) elements long panics. dst begins at any address.
func PutFloat32s(dst []byte, src []float32, to DType) error {
	if !hasFloat32s(to) {
		return fmt.Errorf("dtype: no conversion from float32 to %v: want F32, F16, BF16 or F64", to)
	}
	if size, ok := to.Size(int64(len(src))); !ok || size != int64(len(dst)) {
		panic("dtype: PutFloat32s length mismatch")
	}
	switch to {
	case F32:
		for i := sameFloats(dst, bytesOf(src)); i < len(src); i++ {
			binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(src[i]))
		}
	case F16:
		for i := narrowF16Vec(halves(dst), src); i < len(src); i++ {
			binary.LittleEndian.PutUint16(dst[2*i:], F32ToF16(src[i]))
		}
	case BF16:
		for i := narrowBF16Vec(halves(dst), src); i < len(src); i++ {
			binary.LittleEndian.PutUint16(dst[2*i:], F32ToBF16(src[i]))
		}
	case F64:
		for i, v := range src {
			binary.LittleEndian.PutUint64(dst[8*i:], math.Float64bits(float64(v)))
		}
	}
	return nil
}

func hasFloat32s(d DType) bool { return d == F32 || d == F16 || d == BF16 || d == F64 }

// littleEndian is whether floats lie in memory as they do in files. Machines with
// kernels for float16 all have it so.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// sameFloats copies float32 values between memory and a file's bytes where the two are
// the same, and returns how many it did.
func sameFloats(dst, src []byte) int {
	if !littleEndian {
		return 0
	}
	return copy(dst, src) / 4
}

func bytesOf(x []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x))
}

// halves returns b as elements of 16 bits at any address, for kernels alone.
func halves(b []byte) []uint16 {
	return unsafe.Slice((*uint16)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/2)
}
