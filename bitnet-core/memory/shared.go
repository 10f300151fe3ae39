package memory

import (
	"errors"
	"os"
)

// Access is what a process may do to bytes that it shares with others.
type Access uint8

// ReadOnly bytes fault when they are written to; ReadWrite ones change for everybody.
const (
	ReadOnly Access = iota
	ReadWrite
)

func (a Access) view() (flag int, v view) {
	if a == ReadWrite {
		return os.O_RDWR, sharedUpdate
	}
	return os.O_RDONLY, sharedRead
}

// A Shared is memory that other processes can map: a memfd on Linux, whose size is
// sealed so that nobody can take pages away from under the others, elsewhere a
// temporary file that only this user may open. What one process writes the others
// see; who writes when is for them to agree on.
//
// Another process opens it with [OpenShared] under its Path, while this one keeps it
// open, or inherits the File and maps it with [MapShared]. Mappings outlive the
// Shared.
type Shared struct {
	file   *os.File
	path   string
	buffer Buffer
}

// NewShared makes n zeroed bytes of memory to share. The caller closes it.
func NewShared(n int) (*Shared, error) {
	if n < 0 {
		panic("memory: NewShared negative size")
	}
	if n > maxRequest {
		return nil, tooLarge(n)
	}
	file, path, err := openShared(n)
	if err != nil {
		return nil, err
	}
	buffer, err := MapShared(file, ReadWrite)
	if err != nil {
		return nil, errors.Join(err, closeShared(file))
	}
	return &Shared{file, path, buffer}, nil
}

// Buffer returns the bytes as this process maps them, for reading and writing. It is
// released by Close: who keeps it longer retains it.
func (s *Shared) Buffer() Buffer { return s.buffer }

// File returns the open file of the memory, for a child to inherit
// (exec.Cmd.ExtraFiles). It is closed by Close.
func (s *Shared) File() *os.File { return s.file }

// Path returns the name under which processes of the same user can open the memory
// until Close. On Linux it is one of /proc, valid where this process is visible.
func (s *Shared) Path() string { return s.path }

// Close releases the Buffer, closes the File and removes the Path. Where the memory
// is a file that the system does not remove while others map it (Windows), that is
// the error and the file stays.
func (s *Shared) Close() error {
	s.buffer.Release()
	return closeShared(s.file)
}

// OpenShared maps the memory, or any file, at a path to share it. With ReadWrite,
// what is written goes to the file. The rules for files are those of [MapFile].
func OpenShared(path string, a Access) (Buffer, error) {
	flag, v := a.view()
	return openFile(path, flag, v)
}

// MapShared maps an open file, such as an inherited one, to share it. The mapping
// outlives f, which remains the caller's to close and must be open for reading, and
// for writing if a is ReadWrite.
func MapShared(f *os.File, a Access) (Buffer, error) {
	_, v := a.view()
	return mapOpen(f, v)
}
