package memory

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// MapFile maps a file into memory, read-only and private: pages are read when
// first touched and are shared with the system's file cache, so that processes which
// map the same file hold one copy of it. Writing to the bytes faults. The file must
// not be truncated while it is mapped; replacing it by rename is safe. A file of no
// bytes gives an empty Buffer; a directory or a device is an error.
func MapFile(path string) (Buffer, error) { return openFile(path, os.O_RDONLY, readOnly) }

// MapFilePrivate is MapFile for bytes that may be written: a page that is written to
// becomes a copy of the process' own, which nobody else sees, and the file never
// changes. If somebody else changes the file, pages that were not written to here may
// or may not show it. [Buffer.Forget] does nothing to such a Buffer: it would lose
// what was written.
func MapFilePrivate(path string) (Buffer, error) { return openFile(path, os.O_RDONLY, copyOnWrite) }

// A view is what a mapping does with bytes that are written to.
type view uint8

const (
	readOnly     view = iota // faults
	copyOnWrite              // keeps them in the process
	sharedRead               // faults; what others write is seen
	sharedUpdate             // writes them to the file
)

func openFile(path string, flag int, v view) (Buffer, error) {
	f, err := os.OpenFile(path, flag, 0)
	if err != nil {
		return Buffer{}, err
	}
	defer f.Close() // the mapping outlives the descriptor
	return mapOpen(f, v)
}

// mapOpen maps all of an open file.
func mapOpen(f *os.File, v view) (Buffer, error) {
	info, err := f.Stat()
	if err != nil {
		return Buffer{}, err
	}
	fault := func(err error) (Buffer, error) {
		return Buffer{}, &fs.PathError{Op: "open", Path: f.Name(), Err: err}
	}
	switch size := info.Size(); {
	case info.IsDir():
		return fault(errors.New("is a directory, want a file"))
	case !info.Mode().IsRegular():
		return fault(errors.New("is no regular file, so it cannot be mapped"))
	case size == 0:
		return Wrap(nil), nil
	case size > maxRequest:
		return fault(fmt.Errorf("its %d bytes are more than this machine can address", size))
	default:
		return mapFile(f, int(size), v)
	}
}
