package gguf

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// A KV is one metadata entry; see the package documentation for its values.
type KV struct {
	Key   string
	Value any
}

// Info describes a tensor of a file.
type Info struct {
	Name   string
	Type   dtype.DType // Invalid if TypeID is not known here
	TypeID uint32      // the type's number in the file
	Shape  []int       // row-major: a matrix is (out, in)
	Offset int64       // of the first byte, from the beginning of its part
	Size   int64       // bytes; of an unknown type, all up to the next tensor
	Part   int         // which file of a split model, from 0
}

// A File is an opened model.
type File struct {
	Version uint32 // of the format: 2 or 3

	parts   []*part        // nil once closed
	kv      []KV           // of the first part
	keys    map[string]int // index into kv
	tensors []Info
	byName  map[string]int // index into tensors
}

// Parse reads a whole file from memory; name stands for it in messages. The File
// keeps a reference to buf until it is closed. A part of a split model is an
// error: [Open] finds the others.
func Parse(buf memory.Buffer, name string) (*File, error) {
	p, err := parse(buf, name)
	if err != nil {
		return nil, err
	}
	s, err := p.split()
	if err != nil {
		return nil, err
	}
	if s.count > 1 {
		return nil, p.cursor.errorf("is part %d of %d of a split model: open it by its path, with the others beside it", s.no+1, s.count)
	}
	f := newFile([]*part{p})
	buf.Retain()
	return f, nil
}

// newFile joins parts, whose tensors' names differ.
func newFile(parts []*part) *File {
	first := parts[0]
	f := &File{Version: first.version, parts: parts, kv: first.kv, keys: first.keys, byName: map[string]int{}}
	for i, p := range parts {
		for _, t := range p.tensors {
			t.Part = i
			f.byName[t.Name] = len(f.tensors)
			f.tensors = append(f.tensors, t)
		}
	}
	return f
}

// Paths returns where the file was opened: one path, or those of all parts of a split model.
// For a file in memory it is the name that [Parse] was given.
func (f *File) Paths() []string {
	var paths []string
	for _, p := range f.parts {
		paths = append(paths, p.name)
	}
	return paths
}

// Close drops the references to the file's memory. Tensors that were not
// retained must not be used any more.
func (f *File) Close() error {
	for _, p := range f.parts {
		p.buf.Release()
	}
	f.parts = nil
	return nil
}

// Forget says that data, the bytes of a tensor, have been copied and are not
// needed soon; see [memory.Buffer.Forget].
func (f *File) Forget(data []byte) {
	for _, p := range f.parts {
		p.buf.Forget(data)
	}
}

// Tensors returns all tensors in the order of the file, part after part. The
// caller must not change them.
func (f *File) Tensors() []Info { return f.tensors }

// Info returns the description of one tensor.
func (f *File) Info(name string) (Info, bool) {
	i, ok := f.byName[name]
	if !ok {
		return Info{}, false
	}
	return f.tensors[i], true
}

// Tensor returns a tensor as a view of the file's memory. Two kinds of plain
// tensors are copied instead: those of big-endian files, and those that lie at
// an address that does not suit their type (see [tensor.Aligned]).
func (f *File) Tensor(name string) (*tensor.Tensor, error) {
	if f.parts == nil {
		return nil, fmt.Errorf("gguf: tensor %s: the file is closed", quote(name))
	}
	i, ok := f.byName[name]
	if !ok {
		return nil, f.parts[0].cursor.errorf("has no tensor %s", quote(name))
	}
	t := f.tensors[i]
	p := f.parts[t.Part]
	if t.Type == dtype.Invalid {
		return nil, p.cursor.errorf("tensor %s has the type id %d, which is not supported: convert the model to another type", quote(name), t.TypeID)
	}
	_, size := t.Type.Block()
	swapped := p.cursor.order == binary.BigEndian
	data := p.buf.Bytes()[t.Offset : t.Offset+t.Size]
	switch {
	case swapped && !t.Type.Plain():
		return nil, p.cursor.errorf("tensor %s has the type %v in a big-endian file, which is not supported: convert the model to little-endian", quote(name), t.Type)
	case !swapped && tensor.Aligned(data, t.Type):
		return tensor.OfAt(p.buf, int(t.Offset), t.Type, t.Shape...)
	}
	buf, err := memory.Heap().Alloc(len(data), 0)
	if err != nil {
		return nil, err
	}
	copied := buf.Bytes()
	copy(copied, data)
	if swapped {
		for b := range slices.Chunk(copied, size) {
			slices.Reverse(b)
		}
	}
	return tensor.Of(buf, t.Type, t.Shape...)
}
