package npy

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

const (
	extension = ".npy" // of an archive's members
	// maxRatio is how many bytes deflate can make of one, at most.
	maxRatio = 1032
	// encrypted is the bit of a member's flags that says so.
	encrypted = 1
)

// An Archive is an opened .npz file. Members whose names do not end in .npy are
// passed over.
type Archive struct {
	buf     memory.Buffer
	name    string
	names   []string             // in the order of the archive
	members map[string]*zip.File // nil once closed
}

// OpenArchive maps a .npz file.
func OpenArchive(path string) (*Archive, error) {
	buf, err := memory.MapFile(path)
	if err != nil {
		return nil, fmt.Errorf("npy: %w", err)
	}
	defer buf.Release()
	return ParseArchive(buf, path)
}

// ParseArchive is [OpenArchive] for a file that is in memory; name stands for it in
// messages. The Archive keeps a reference to buf until it is closed.
func ParseArchive(buf memory.Buffer, name string) (*Archive, error) {
	a := &Archive{buf: buf, name: name, members: map[string]*zip.File{}}
	b := buf.Bytes()
	if bytes.HasPrefix(b, []byte(magic)) {
		return nil, a.errorf("it is a .npy file, not an archive of them: open it with Open")
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // nothing is extracted to paths
		return nil, a.errorf("it is no .npz archive, or is truncated: %w", err)
	}
	for _, f := range z.File {
		array, ok := strings.CutSuffix(f.Name, extension)
		if !ok {
			continue
		}
		if a.members[array] != nil {
			return nil, a.errorf("it has the array %s twice: %s", quote(array), damaged)
		}
		a.members[array] = f
		a.names = append(a.names, array)
	}
	buf.Retain()
	return a, nil
}

// errorf makes an error about the file.
func (a *Archive) errorf(format string, args ...any) error {
	return fmt.Errorf("npy: %s: "+format, append([]any{a.name}, args...)...)
}

// Close drops the reference to the file's memory. Tensors that [Archive.Tensor]
// returned and that were not retained must not be used any more.
func (a *Archive) Close() error {
	a.buf.Release()
	a.members = nil
	return nil
}

// Names returns the names of all arrays, without .npy, in the order of the archive.
func (a *Archive) Names() []string { return slices.Clone(a.names) }

// Info returns the description of one array.
func (a *Archive) Info(name string) (Info, error) {
	m, err := a.member(name)
	if err != nil {
		return Info{}, err
	}
	info, err := m.info()
	if err != nil {
		return Info{}, a.errorf("array %s: %w", quote(name), err)
	}
	return info, nil
}

// Tensor returns an array as a view of the file's memory if it was stored, which is
// what np.savez does, at an address that suits its type, little-endian; else as a
// copy in the heap, a new one at each call. The bytes of a view are not compared with
// their checksum, which would read them all: see [Archive.Verify].
func (a *Archive) Tensor(name string) (*tensor.Tensor, error) {
	m, err := a.member(name)
	if err != nil {
		return nil, err
	}
	t, err := m.tensor()
	if err != nil {
		return nil, a.errorf("array %s: %w", quote(name), err)
	}
	return t, nil
}

// Read returns an array in memory of alloc, its checksum compared; the caller
// releases it. It does not depend on a.
func (a *Archive) Read(name string, alloc memory.Allocator) (*tensor.Tensor, error) {
	m, err := a.member(name)
	if err != nil {
		return nil, err
	}
	t, err := m.read(alloc)
	if err != nil {
		return nil, a.errorf("array %s: %w", quote(name), err)
	}
	return t, nil
}

// Verify compares an array with its checksum.
func (a *Archive) Verify(name string) error {
	m, err := a.member(name)
	if err != nil {
		return err
	}
	r, err := m.file.Open()
	if err == nil {
		_, err = io.Copy(io.Discard, r)
		r.Close()
	}
	if err != nil {
		return a.errorf("array %s: %w: %s", quote(name), err, damaged)
	}
	return nil
}

// member finds an array and checks what the directory says of it.
func (a *Archive) member(name string) (member, error) {
	if a.members == nil {
		return member{}, a.errorf("array %s: the archive is closed", quote(name))
	}
	f := a.members[name]
	if f == nil {
		return member{}, a.errorf("has no array %s", quote(name))
	}
	fault := func(format string, args ...any) (member, error) {
		return member{}, a.errorf("array "+quote(name)+" "+format, args...)
	}
	compressed, size := f.CompressedSize64, f.UncompressedSize64
	switch {
	case f.Flags&encrypted != 0:
		return fault("is encrypted, which is not supported: save it without a password")
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return fault("is compressed by method %d, and 0 (stored) and 8 (deflated) are supported: save it with np.savez or np.savez_compressed", f.Method)
	case compressed > uint64(a.buf.Len()):
		return fault("takes %d bytes, and the archive has %d: it is truncated, write or download it again", compressed, a.buf.Len())
	case f.Method == zip.Store && compressed != size, size/maxRatio > compressed:
		return fault("is to have %d bytes, and takes %d in the archive: %s", size, compressed, damaged)
	}
	return member{file: f, buf: a.buf}, nil
}

// A member is an array of an archive whose sizes are plausible.
type member struct {
	file *zip.File
	buf  memory.Buffer // of the archive
}

// stored returns where the bytes of a member begin and end.
func (m member) stored() (start, end int, err error) {
	off, err := m.file.DataOffset()
	if err != nil {
		return 0, 0, fmt.Errorf("%w: %s", err, damaged)
	}
	size := int64(m.file.UncompressedSize64) // not more than the archive's
	if off < 0 || off > int64(m.buf.Len())-size {
		return 0, 0, fmt.Errorf("it is at bytes %d to %d, but the archive ends at %d: it is truncated, write or download it again", off, off+size, m.buf.Len())
	}
	return int(off), int(off + size), nil
}

func (m member) info() (Info, error) {
	r, err := m.file.Open()
	if err != nil {
		return Info{}, fmt.Errorf("%w: %s", err, damaged)
	}
	defer r.Close()
	return m.header(r)
}

// header reads a member's header, which must describe exactly the rest of it.
func (m member) header(r io.Reader) (Info, error) {
	info, err := readHeader(r)
	if err != nil {
		return Info{}, inflating(err)
	}
	if size := m.file.UncompressedSize64; uint64(info.Offset)+uint64(info.Size) != size {
		return Info{}, fmt.Errorf("it has %d bytes, and its header describes %d + %d: %s", size, info.Offset, info.Size, damaged)
	}
	return info, nil
}

func (m member) tensor() (*tensor.Tensor, error) {
	if m.file.Method != zip.Store {
		return m.read(memory.Heap())
	}
	start, end, err := m.stored()
	if err != nil {
		return nil, err
	}
	info, err := m.header(bytes.NewReader(m.buf.Bytes()[start:end]))
	if err != nil {
		return nil, err
	}
	t, _, err := info.view(m.buf, start, end)
	return t, err
}

// read reads a member to its end, where the checksum is compared.
func (m member) read(alloc memory.Allocator) (*tensor.Tensor, error) {
	r, err := m.file.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, damaged)
	}
	defer r.Close()
	info, err := m.header(r)
	if err != nil {
		return nil, err
	}
	t, err := info.read(r, alloc)
	if err != nil {
		return nil, inflating(err)
	}
	if _, err := io.ReadFull(r, make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Release()
		return nil, fmt.Errorf("%w: %s", err, damaged)
	}
	return t, nil
}

// inflating adds to an error of compressed bytes what to do about it.
func inflating(err error) error {
	var corrupt flate.CorruptInputError
	if errors.As(err, &corrupt) || errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrChecksum) {
		return fmt.Errorf("%w: %s", err, damaged)
	}
	return err
}
