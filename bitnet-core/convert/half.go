package convert

import (
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// direct converts pairs of types that need no F32 in between, from front to back, and
// reports whether this is one.
func direct(dst, src []byte, to, from dtype.DType, n int) bool {
	switch {
	case from == dtype.F32:
		switch to {
		case dtype.F16, dtype.BF16, dtype.I8, dtype.U8:
			storePlain(dst, numbers[float32](src), to)
			return true
		}
	case to == dtype.F32:
		switch from {
		case dtype.F16, dtype.BF16, dtype.I8:
			load(numbers[float32](dst), src, from, false)
			return true
		}
	}
	if !to.Plain() || !from.Plain() || loops[to][from] == nil || throughF32(to, from) {
		return false
	}
	between(dst, src, to, from, n)
	return true
}

// load sets dst to the first elements of src, rounded to nearest or, where oddly is set
// and they are no F32 yet, to odd.
func load(dst []float32, src []byte, from dtype.DType, roundOdd bool) {
	elems, bytes := from.Block()
	src = src[:len(dst)/elems*bytes]
	switch from {
	case dtype.F32:
		copy(dst, numbers[float32](src))
	case dtype.F16:
		dtype.F16sToF32(dst, numbers[uint16](src))
	case dtype.BF16:
		dtype.BF16sToF32(dst, numbers[uint16](src))
	case dtype.I8:
		widenI8(dst, numbers[int8](src), 1)
	case dtype.TQ1_0, dtype.TQ2_0:
		decodeBlocks(dst, src, from)
	default:
		if roundOdd && oddly[from] != nil {
			done := 0
			if v := kernels.vectors; v != nil {
				done = vector(v.oddly[from], Bytes(dst), src, len(dst), dtype.F32, from)
			}
			oddly[from](dst[done:], src[done*bytes:])
			return
		}
		between(Bytes(dst), src, dtype.F32, from, len(dst))
	}
}

// store sets dst to the values of src as type to.
func store(dst []byte, src []float32, to dtype.DType) {
	switch to {
	case dtype.TQ1_0, dtype.TQ2_0:
		encodeBlocks(dst, src, to)
	default:
		storePlain(dst, src, to)
	}
}

// storePlain is store for plain types.
func storePlain(dst []byte, src []float32, to dtype.DType) {
	switch to {
	case dtype.F32:
		copy(numbers[float32](dst), src)
	case dtype.F16:
		dtype.F32sToF16(numbers[uint16](dst), src)
	case dtype.BF16:
		dtype.F32sToBF16(numbers[uint16](dst), src)
	case dtype.I8:
		roundBytes(dst, src, 1, -128, 127)
	case dtype.U8:
		roundBytes(dst, src, 1, 0, 255)
	default:
		between(dst, Bytes(src), to, dtype.F32, len(src))
	}
}
