package dtype_test

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

func ExampleF32sToF16() {
	halves := make([]uint16, 3)
	dtype.F32sToF16(halves, []float32{1, 0.1, 1e6})
	back := make([]float32, 3)
	dtype.F16sToF32(back, halves)
	fmt.Printf("%#04x %v\n", halves, back)
	// Output: [0x3c00 0x2e66 0x7c00] [1 0.099975586 +Inf]
}

func ExampleDType_Size() {
	for _, d := range []dtype.DType{dtype.F32, dtype.BF16, dtype.Q8_0, dtype.I4} {
		bytes, ok := d.Size(256)
		fmt.Println(d, bytes, ok)
	}
	_, ok := dtype.Q8_0.Size(33) // no whole number of blocks of 32
	fmt.Println(ok)
	// Output:
	// F32 1024 true
	// BF16 512 true
	// Q8_0 272 true
	// I4 128 true
	// false
}
