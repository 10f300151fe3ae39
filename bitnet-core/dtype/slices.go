package dtype

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

// A kernelSet is the choice of kernels for one CPU. Each architecture's functions with
// names in -Vec convert the front part of a slice with the chosen kernels and return
// how much of it, 0 for "generic". The loops here do the rest and are the definition of
// all of them, to the bit.
type kernelSet struct {
	name  string
	level simd.Level
	turn  int // values that a turn of each loop takes, a power of two; 0 without kernels
}

var kernels = choose(simd.Best())

// whole returns the part of n values that fills turns of a kernel's loop.
func whole(n int) int {
	if kernels.turn == 0 {
		return 0
	}
	return n &^ (kernels.turn - 1)
}

// F16sToF32 sets dst[i] to [F16ToF32](src[i]). Like the other conversions of slices it
// panics if the two are not equally long, and needs memory of its own for each.
func F16sToF32(dst []float32, src []uint16) {
	if len(dst) != len(src) {
		panic("dtype: F16sToF32 length mismatch")
	}
	for i := widenF16Vec(dst, src); i < len(src); i++ {
		dst[i] = F16ToF32(src[i])
	}
}

// BF16sToF32 sets dst[i] to [BF16ToF32](src[i]).
func BF16sToF32(dst []float32, src []uint16) {
	if len(dst) != len(src) {
		panic("dtype: BF16sToF32 length mismatch")
	}
	for i := widenBF16Vec(dst, src); i < len(src); i++ {
		dst[i] = BF16ToF32(src[i])
	}
}

// F32sToF16 sets dst[i] to [F32ToF16](src[i]). It goes from front to back and reads what
// it converts before it writes there: dst may begin where src does in memory.
func F32sToF16(dst []uint16, src []float32) {
	if len(dst) != len(src) {
		panic("dtype: F32sToF16 length mismatch")
	}
	for i := narrowF16Vec(dst, src); i < len(src); i++ {
		dst[i] = F32ToF16(src[i])
	}
}

// F32sToBF16 sets dst[i] to [F32ToBF16](src[i]). dst may begin where src does in memory.
func F32sToBF16(dst []uint16, src []float32) {
	if len(dst) != len(src) {
		panic("dtype: F32sToBF16 length mismatch")
	}
	for i := narrowBF16Vec(dst, src); i < len(src); i++ {
		dst[i] = F32ToBF16(src[i])
	}
}
