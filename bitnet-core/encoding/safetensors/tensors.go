package safetensors

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// blockKey begins the metadata key of a tensor of a block type, for which the format has
// no name: "bitnet.block.NAME" is the type and the shape, as in "TQ2_0 32 256". The tensor
// itself is one row of U8.
const blockKey = "bitnet.block."

// Save writes tensors of any types and strides to a file, which it replaces as a whole or,
// if anything fails, leaves as it was. Elements of views are brought into row-major
// order. Other programs read the file too; in it, tensors of block types are bytes.
func Save(path string, tensors map[string]*tensor.Tensor) error {
	return encoding.WriteFile(path, func(w io.Writer) error { return WriteTensors(w, tensors) })
}

// WriteTensors is [Save] to a writer.
func WriteTensors(w io.Writer, tensors map[string]*tensor.Tensor) error {
	var all []TensorData
	metadata := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		t := tensors[name]
		data := TensorData{Name: name, Type: t.DType(), Shape: t.Shape()}
		switch {
		case !t.DType().Plain():
			data.Type, data.Data = dtype.U8, t.Bytes()
			data.Shape = []int{len(data.Data)}
			fields := []string{t.DType().String()}
			for _, n := range t.Shape() {
				fields = append(fields, strconv.Itoa(n))
			}
			metadata[blockKey+name] = strings.Join(fields, " ")
		case t.Contiguous():
			data.Data = t.Bytes()
		default:
			data.Stream = func(w io.Writer) error { return gather(w, t) }
		}
		all = append(all, data)
	}
	return Write(w, metadata, all)
}

// gathered is how many bytes of a view are brought into order at a time, at most but for
// single elements.
const gathered = 1 << 20

// gather writes the elements of t in row-major order.
func gather(w io.Writer, t *tensor.Tensor) error {
	size, _ := t.DType().TensorSize(t.Shape())
	if t.Contiguous() {
		_, err := w.Write(t.Bytes())
		return err
	}
	if size <= gathered {
		c, err := t.Clone(memory.Heap())
		if err != nil {
			return err
		}
		defer c.Release()
		_, err = w.Write(c.Bytes())
		return err
	}
	n := t.Shape()[0]
	if n == 1 {
		return gather(w, t.Select(0, 0))
	}
	step := max(1, int(gathered/(size/int64(n))))
	for i := 0; i < n; i += step {
		if err := gather(w, t.Slice(0, i, min(i+step, n))); err != nil {
			return err
		}
	}
	return nil
}

// Load reads all tensors of a file into memory of a: those that [Save] wrote, in the types
// and shapes that they had, or any others of types known here. The caller releases each.
// [Open] reads without copying.
func Load(path string, a memory.Allocator) (map[string]*tensor.Tensor, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	tensors := map[string]*tensor.Tensor{}
	for _, info := range f.tensors {
		t, err := f.load(info, a)
		if err != nil {
			for _, t := range tensors {
				t.Release()
			}
			return nil, err
		}
		tensors[info.Name] = t
	}
	return tensors, nil
}

// load returns a copy of a tensor.
func (f *File) load(info Info, a memory.Allocator) (*tensor.Tensor, error) {
	p := f.parts[info.Part]
	if info.Type == dtype.Invalid {
		return nil, p.errorf("tensor %s has the type %s, which is not supported: convert the model to another type", quote(info.Name), quote(info.TypeName))
	}
	if text, ok := p.metadata[blockKey+info.Name]; ok {
		d, shape, ok := parseBlock(text)
		size, whole := d.TensorSize(shape)
		if !ok || !whole || info.Type != dtype.U8 || size != info.Size {
			return nil, p.errorf("tensor %s: the metadata say %s, which does not suit %d bytes of %s: %s", quote(info.Name), quote(text), info.Size, info.TypeName, damaged)
		}
		info.Type, info.Shape = d, shape
	}
	buf, err := a.Alloc(int(info.Size), 0)
	if err != nil {
		return nil, fmt.Errorf("safetensors: tensor %s: %w", quote(info.Name), err)
	}
	data := p.buf.Bytes()[info.Offset : info.Offset+info.Size]
	copy(buf.Bytes(), data)
	f.Forget(data)
	t, err := tensor.Of(buf, info.Type, info.Shape...)
	if err != nil {
		buf.Release()
		return nil, p.errorf("tensor %s: %w", quote(info.Name), err)
	}
	return t, nil
}

// parseBlock reads the type and the shape of a tensor of a block type.
func parseBlock(text string) (d dtype.DType, shape []int, ok bool) {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return dtype.Invalid, nil, false
	}
	for d = range dtype.DType(255) {
		if d.Valid() && !d.Plain() && d.String() == fields[0] {
			ok = true
			break
		}
	}
	for _, f := range fields[1:] {
		n, err := strconv.Atoi(f)
		if err != nil || n < 0 {
			return d, nil, false
		}
		shape = append(shape, n)
	}
	if _, small := tensor.Shape(shape).Elems(); !small {
		return d, nil, false
	}
	return d, shape, ok
}
