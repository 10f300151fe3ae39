//go:build !unix && !windows

package memory

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Mapped returns [Heap]: this system has no memory mappings.
func Mapped() Allocator { return Heap() }

// mapFile reads the file: the bytes are the process' own, whether it writes to them
// or not.
func mapFile(f *os.File, size int, v view) (Buffer, error) {
	if v == sharedRead || v == sharedUpdate {
		return Buffer{}, &os.PathError{Op: "mmap", Path: f.Name(), Err: errNoSharing}
	}
	b, err := Heap().Alloc(size, 0)
	if err != nil {
		return Buffer{}, err
	}
	if _, err := io.ReadFull(f, b.Bytes()); err != nil {
		return Buffer{}, &os.PathError{Op: "read", Path: f.Name(), Err: err}
	}
	return b, nil
}

var errNoSharing = fmt.Errorf("this system has no memory that processes share: %w", errors.ErrUnsupported)

func openShared(int) (*os.File, string, error) {
	return nil, "", fmt.Errorf("memory: %w", errNoSharing)
}

func closeShared(f *os.File) error { return f.Close() }
