package gguf_test

import (
	"bytes"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// A model is written and read back; files are read with Open instead.
func Example() {
	var file bytes.Buffer
	err := gguf.Write(&file,
		[]gguf.KV{
			{Key: "general.architecture", Value: "bitnet-b1.58"},
			{Key: "bitnet-b1.58.block_count", Value: uint32(30)},
		},
		[]gguf.TensorData{
			{Name: "output_norm.weight", Type: dtype.BF16, Shape: []int{2}, Data: []byte{0x80, 0x3f, 0x00, 0x40}},
		})
	if err != nil {
		fmt.Println(err)
		return
	}

	f, err := gguf.Parse(memory.Wrap(file.Bytes()), "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	arch, _ := f.String("general.architecture")
	layers, _ := f.Uint(arch + ".block_count")
	fmt.Println(arch, layers)
	norm, err := f.Tensor("output_norm.weight")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(norm, norm.At(0), norm.At(1))
	// Output:
	// bitnet-b1.58 30
	// BF16 2 1 2
}
