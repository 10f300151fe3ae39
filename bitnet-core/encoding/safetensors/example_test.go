package safetensors_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// Tensors are saved and loaded in one line each, whatever their type, strides and memory.
func ExampleSave() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "weights.safetensors")

	x, err := tensor.From(memory.Heap(), []float32{1, 2, 3, 4, 5, 6}, 2, 3)
	if err != nil {
		panic(err)
	}
	if err := safetensors.Save(path, map[string]*tensor.Tensor{"w": x, "w.T": x.Transpose(0, 1)}); err != nil {
		panic(err)
	}
	loaded, err := safetensors.Load(path, memory.Mapped())
	if err != nil {
		panic(err)
	}
	fmt.Println(tensor.Sprint(loaded["w.T"]))
	for _, t := range loaded {
		t.Release()
	}
	// Output:
	// [[1. 4.]
	//  [2. 5.]
	//  [3. 6.]]
}
