package safetensors

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// Info describes a tensor of a file.
type Info struct {
	Name     string
	Type     dtype.DType // Invalid if TypeName is not known here
	TypeName string      // the type as the header has it
	Shape    []int       // row-major: a matrix is (out, in)
	Offset   int64       // of the first byte, from the beginning of its file
	Size     int64       // bytes
	Part     int         // which file of a sharded model, from 0
}

// A File is an opened model.
type File struct {
	parts    []*part // nil once closed
	metadata map[string]string
	tensors  []Info
	byName   map[string]int // index into tensors
}

// Parse reads a whole file from memory; name stands for it in messages. The File
// keeps a reference to buf until it is closed.
func Parse(buf memory.Buffer, name string) (*File, error) {
	p, err := parse(buf, name)
	if err != nil {
		return nil, err
	}
	buf.Retain()
	return newFile([]*part{p}), nil
}

// newFile joins parts, whose tensors' names differ.
func newFile(parts []*part) *File {
	f := &File{parts: parts, metadata: parts[0].metadata, byName: map[string]int{}}
	for i, p := range parts {
		for _, t := range p.tensors {
			t.Part = i
			f.byName[t.Name] = len(f.tensors)
			f.tensors = append(f.tensors, t)
		}
	}
	return f
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

// Metadata returns the header's __metadata__, of a sharded model that of the
// first file; it may be nil. The caller must not change it.
func (f *File) Metadata() map[string]string { return f.metadata }

// Forget says that data, the bytes of a tensor, have been copied and are not
// needed soon; see [memory.Buffer.Forget].
func (f *File) Forget(data []byte) {
	for _, p := range f.parts {
		p.buf.Forget(data)
	}
}

// Tensors returns all tensors in the order of their data, file after file. The
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

// Tensor returns a tensor as a view of the file's memory. One that lies at an
// address that does not suit its type (see [tensor.Aligned]) is copied instead:
// the format does not promise alignment.
func (f *File) Tensor(name string) (*tensor.Tensor, error) {
	if f.parts == nil {
		return nil, fmt.Errorf("safetensors: tensor %s: the file is closed", quote(name))
	}
	i, ok := f.byName[name]
	if !ok {
		return nil, f.parts[0].errorf("has no tensor %s", quote(name))
	}
	t := f.tensors[i]
	p := f.parts[t.Part]
	if t.Type == dtype.Invalid {
		return nil, p.errorf("tensor %s has the type %s, which is not supported: convert the model to another type", quote(name), quote(t.TypeName))
	}
	data := p.buf.Bytes()[t.Offset : t.Offset+t.Size]
	if tensor.Aligned(data, t.Type) {
		return tensor.OfAt(p.buf, int(t.Offset), t.Type, t.Shape...)
	}
	buf, err := memory.Heap().Alloc(len(data), 0)
	if err != nil {
		return nil, err
	}
	copy(buf.Bytes(), data)
	return tensor.Of(buf, t.Type, t.Shape...)
}
