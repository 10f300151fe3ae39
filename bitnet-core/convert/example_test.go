package convert_test

import (
	"bytes"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

func ExampleConvert() {
	src := []float32{1.5, -2.5, 300, 0.1}
	dst := make([]int8, len(src))
	r, err := convert.Convert(convert.Bytes(dst), convert.Bytes(src), dtype.I8, dtype.F32, convert.Options{})
	fmt.Println(dst, r.Read, r.Written, err)
	// Output: [2 -2 127 0] 16 4 <nil>
}

func ExampleInPlace() {
	b := convert.Bytes([]float64{1, -2, 0.5})
	b, _, err := convert.InPlace(b, dtype.F16, dtype.F64)
	fmt.Printf("%x %v\n", b, err)
	// Output: 003c00c00038 <nil>
}

func ExampleStream() {
	in := bytes.NewReader(convert.Bytes([]int32{1, 70000, -5}))
	var out bytes.Buffer
	r, err := convert.Stream(&out, in, dtype.U16, dtype.I32, convert.Options{Chunk: 12})
	fmt.Printf("%x, %d elements, %d bytes of buffers, %v\n", out.Bytes(), r.Elements, r.Buffers, err)
	// Output: 0100ffff0000, 3 elements, 12 bytes of buffers, <nil>
}

func ExampleQuantizeI8() {
	x := []float32{0.1, -0.2, 0.4, 10, 20, -40} // two rows
	q, scales := make([]int8, 6), make([]float32, 2)
	convert.QuantizeI8(q, scales, x)
	convert.DequantizeI8(x, q, scales)
	fmt.Println(q)
	fmt.Printf("%.3f\n", x)
	// Output:
	// [32 -64 127 32 64 -127]
	// [0.101 -0.202 0.400 10.079 20.157 -40.000]
}

func ExampleQuantizeI4() {
	x := []float32{1, -7, 3.4, 5, 6}
	q, scale := make([]byte, convert.I4Bytes(len(x))), make([]float32, 1)
	convert.QuantizeI4(q, scale, x)
	ints := make([]int8, len(x))
	convert.UnpackI4(ints, q)
	fmt.Printf("% x %v %v\n", q, scale, ints)
	// Output: 91 53 06 [1] [1 -7 3 5 6]
}

func ExampleTensor() {
	x, err := tensor.New(memory.Heap(), dtype.F32, 2, 2)
	if err != nil {
		panic(err)
	}
	defer x.Release()
	copy(x.Float32s(), []float32{1, 2, 3, 4})
	y, _, err := convert.Tensor(memory.Heap(), x, dtype.BF16, convert.Options{})
	if err != nil {
		panic(err)
	}
	defer y.Release()
	fmt.Println(y, y.At(1, 0))
	// Output: BF16 2×2 3
}

func ExampleBitcast() {
	x, err := tensor.New(memory.Heap(), dtype.F32, 1, 2)
	if err != nil {
		panic(err)
	}
	defer x.Release()
	copy(x.Float32s(), []float32{1, -2})
	y, err := convert.Bitcast(x, dtype.U32)
	if err != nil {
		panic(err)
	}
	defer y.Release()
	fmt.Printf("%v %#x\n", y, int64(y.At(0, 1)))
	// Output: U32 1×2 0xc0000000
}

func ExampleTensor_int4() {
	x, err := tensor.New(memory.Heap(), dtype.F32, 2, 2)
	if err != nil {
		panic(err)
	}
	defer x.Release()
	copy(x.Float32s(), []float32{1, -2.5, 100, -100})
	y, report, err := convert.Tensor(memory.Heap(), x, dtype.I4, convert.Options{})
	if err != nil {
		panic(err)
	}
	defer y.Release()
	fmt.Printf("%v: % x, %d bytes from %d\n", y, y.Bytes(), report.Written, report.Read)
	// Output: I4 2×2: e1 87, 2 bytes from 16
}
