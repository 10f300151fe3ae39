//go:build !unix && !windows

package memory

import (
	"io"
	"os"
)

// Mapped returns [Heap]: this system has no memory mappings.
func Mapped() Allocator { return Heap() }

func mapFile(f *os.File, size int) (Buffer, error) {
	b, err := Heap().Alloc(size, 0)
	if err != nil {
		return Buffer{}, err
	}
	if _, err := io.ReadFull(f, b.Bytes()); err != nil {
		return Buffer{}, &os.PathError{Op: "read", Path: f.Name(), Err: err}
	}
	return b, nil
}
