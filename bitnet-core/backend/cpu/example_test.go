package cpu_test

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/backend"
	"github.com/bitnet-go/bitnet/bitnet-core/backend/cpu"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// Memory of a backend holds tensors as any other does.
func ExampleOpen() {
	b, err := cpu.Open(backend.Options{MemoryLimit: 1 << 20})
	if err != nil {
		fmt.Println(err)
		return
	}
	x, err := tensor.New(b.Memory(), dtype.F32, 2, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	tensor.Fill(x, 7)
	fmt.Println(b.Name(), x.At(1, 2))
	_, err = tensor.New(b.Memory(), dtype.F32, 1<<20)
	fmt.Println(err != nil)
	x.Release()
	fmt.Println(b.Close())
	// Output:
	// cpu 7
	// true
	// <nil>
}
