package backend_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/bitnet-go/bitnet/bitnet-core/backend"
	"github.com/bitnet-go/bitnet/bitnet-core/backend/cpu"
)

func ExampleOpen() {
	b, err := backend.Open(cpu.Name, backend.Options{MemoryLimit: 64 << 20})
	if err != nil {
		log.Fatal(err)
	}
	buf, err := b.Memory().Alloc(1<<20, 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(b.Name(), buf.Len())
	fmt.Println(b.Close())
	buf.Release()
	// Output:
	// cpu 1048576
	// pool cpu: closed with 1 buffers of 1048576 bytes held
}

func ExampleOpen_unavailable() {
	_, err := backend.Open("mlx", backend.Options{})
	fmt.Println(errors.Is(err, errors.ErrUnsupported))
	_, err = backend.Open("abacus", backend.Options{})
	fmt.Println(err)
	// Output:
	// true
	// backend: no device is called "abacus"; want one of cpu
}
