package npy

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// Open maps a .npy file. The tensor's elements are the file's, read-only, unless
// they are big-endian, which are copied; the caller releases it. As with NumPy,
// bytes after the array are ignored: [Read] reads several arrays from one stream.
func Open(path string) (*tensor.Tensor, error) {
	buf, err := memory.MapFile(path)
	if err != nil {
		return nil, fmt.Errorf("npy: %w", err)
	}
	defer buf.Release()
	return Parse(buf, path)
}

// Parse is [Open] for a file that is in memory; name stands for it in messages.
// The tensor holds a reference to buf unless it is a copy. The caller releases the
// tensor, and buf by itself.
func Parse(buf memory.Buffer, name string) (*tensor.Tensor, error) {
	t, err := parse(buf)
	if err != nil {
		return nil, fmt.Errorf("npy: %s: %w", name, err)
	}
	return t, nil
}

func parse(buf memory.Buffer) (*tensor.Tensor, error) {
	b := buf.Bytes()
	info, err := readHeader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	t, owned, err := info.view(buf, 0, len(b))
	if err == nil && !owned {
		t.Retain()
	}
	return t, err
}

// view returns the array that begins, header first, at byte start of buf and ends
// before byte end: as a view of buf or, if it must be, as an owned copy.
func (info *Info) view(buf memory.Buffer, start, end int) (t *tensor.Tensor, owned bool, err error) {
	off := start + int(info.Offset)
	if has := int64(end - off); has < info.Size {
		return nil, false, truncated(has, info.Size)
	}
	data := buf.Bytes()[off : off+int(info.Size)]
	if !info.BigEndian && tensor.Aligned(data, info.Type) {
		t, err = info.over(buf, off)
		return t, false, err
	}
	own, err := memory.Heap().Alloc(len(data), 0)
	if err != nil {
		return nil, false, err
	}
	copy(own.Bytes(), data)
	t, err = info.finish(own)
	return t, true, err
}

func truncated(has, want int64) error {
	return fmt.Errorf("it ends after %d of %d bytes of the array: it is truncated, write or download it again", has, want)
}

// over returns a tensor whose bytes are in the file's order.
func (info *Info) over(buf memory.Buffer, off int) (*tensor.Tensor, error) {
	t, err := tensor.OfAt(buf, off, info.Type, info.stored()...)
	if err != nil || !info.Fortran {
		return t, err
	}
	return reversed(t), nil
}

// reversed returns the view with the order of dimensions reversed.
func reversed(t *tensor.Tensor) *tensor.Tensor {
	for i, j := 0, len(t.Shape())-1; i < j; i, j = i+1, j-1 {
		t = t.Transpose(i, j)
	}
	return t
}

// finish makes a tensor of bytes as they were read, in a buffer whose reference it
// takes.
func (info *Info) finish(own memory.Buffer) (*tensor.Tensor, error) {
	if info.BigEndian {
		_, size := info.Type.Block()
		swapBytes(own.Bytes(), size)
	}
	t, err := info.over(own, 0)
	if err != nil {
		own.Release()
	}
	return t, err
}

// Read reads one array from r, into memory of a; the caller releases the tensor.
// Nothing after the array is read, so that the next one of a stream can be. Memory
// grows with what r delivers, at most to twice that much beside what was there
// before, whatever the header says. Errors do not name a file; at the end of r, before
// the first byte, it is io.EOF.
func Read(r io.Reader, a memory.Allocator) (*tensor.Tensor, error) {
	first := make([]byte, 1)
	if _, err := io.ReadFull(r, first); err != nil {
		return nil, err
	}
	r = io.MultiReader(bytes.NewReader(first), r)
	info, err := readHeader(r)
	if err != nil {
		return nil, fmt.Errorf("npy: %w", err)
	}
	t, err := info.read(r, a)
	if err != nil {
		return nil, fmt.Errorf("npy: %w", err)
	}
	return t, nil
}

// firstRead is how much memory a header is believed at once, in bytes.
const firstRead = 1 << 20

// read reads what follows the header.
func (info *Info) read(r io.Reader, a memory.Allocator) (*tensor.Tensor, error) {
	size := int(info.Size)
	buf, err := a.Alloc(min(size, firstRead), 0)
	if err != nil {
		return nil, err
	}
	for got := 0; ; {
		n, err := io.ReadFull(r, buf.Bytes()[got:])
		got += n
		if err != nil {
			buf.Release()
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				err = truncated(int64(got), info.Size)
			}
			return nil, err
		}
		if got == size {
			return info.finish(buf)
		}
		more, err := a.Alloc(got+min(size-got, got), 0)
		if err != nil {
			buf.Release()
			return nil, err
		}
		copy(more.Bytes(), buf.Bytes())
		buf.Release()
		buf = more
	}
}
