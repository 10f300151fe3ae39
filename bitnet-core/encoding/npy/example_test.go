package npy_test

import (
	"bytes"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/npy"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// A transposed matrix is written and read back; files are read with Open instead.
func Example() {
	m, err := tensor.New(memory.Heap(), dtype.F32, 2, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Release()
	copy(m.Float32s(), []float32{1, 2, 3, 4, 5, 6})

	var file bytes.Buffer
	if err := npy.WriteTensor(&file, m.Transpose(0, 1), npy.Options{}); err != nil {
		fmt.Println(err)
		return
	}
	x, err := npy.Read(&file, memory.Heap())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer x.Release()
	fmt.Println(x, x.Float32s())
	// Output:
	// F32 3×2 [1 4 2 5 3 6]
}

// Arrays of an archive are found by name; files are read with OpenArchive instead.
func ExampleArchive() {
	var file bytes.Buffer
	w := npy.NewArchiveWriter(&file, npy.ArchiveOptions{})
	err := w.Add(npy.TensorData{Name: "ids", Type: dtype.I32, Shape: []int{2}, Data: []byte{1, 0, 0, 0, 2, 0, 0, 0}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := w.Close(); err != nil {
		fmt.Println(err)
		return
	}

	a, err := npy.ParseArchive(memory.Wrap(file.Bytes()), "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer a.Close()
	for _, name := range a.Names() {
		x, err := a.Tensor(name)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(name, x, x.At(0), x.At(1))
	}
	// Output:
	// ids I32 2 1 2
}
