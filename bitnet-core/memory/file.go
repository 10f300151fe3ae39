package memory

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// MapFile maps a file into memory, read-only and private: pages are read when
// first touched and are shared with the system's file cache. Writing to the
// bytes faults. The file must not be truncated while it is mapped; replacing it
// by rename is safe. A file of no bytes gives an empty Buffer; a directory or a
// device is an error.
func MapFile(path string) (Buffer, error) {
	f, err := os.Open(path)
	if err != nil {
		return Buffer{}, err
	}
	defer f.Close() // the mapping outlives the descriptor
	info, err := f.Stat()
	if err != nil {
		return Buffer{}, err
	}
	switch size := info.Size(); {
	case info.IsDir():
		return Buffer{}, &fs.PathError{Op: "open", Path: path, Err: errors.New("is a directory, want a file")}
	case !info.Mode().IsRegular():
		return Buffer{}, &fs.PathError{Op: "open", Path: path, Err: errors.New("is no regular file, so it cannot be mapped")}
	case size == 0:
		return Wrap(nil), nil
	case size > maxRequest:
		return Buffer{}, &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("its %d bytes are more than this machine can address", size)}
	default:
		return mapFile(f, int(size))
	}
}
