package gguf

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// A part is one file: the whole model, or a piece of a split one.
type part struct {
	name    string
	buf     memory.Buffer
	cursor  cursor
	version uint32
	kv      []KV
	keys    map[string]int // index into kv
	tensors []Info
}

// parse reads everything before the tensor data and checks the tensors' extents.
// It takes no reference to buf.
func parse(buf memory.Buffer, name string) (*part, error) {
	p := &part{name: name, buf: buf, cursor: cursor{file: name, b: buf.Bytes()}}
	c := &p.cursor
	tensors, entries, err := p.header()
	if err != nil {
		return nil, err
	}
	if err := p.metadata(entries); err != nil {
		return nil, err
	}
	align := uint64(defaultAlignment)
	if i, ok := p.keys[alignmentKey]; ok {
		align, ok = asUint(p.kv[i].Value)
		if !ok || align == 0 || align&(align-1) != 0 || align > maxAlignment {
			return nil, c.errorf("%s is %v, want a power of two up to %d: the file is damaged, download it again", alignmentKey, p.kv[i].Value, maxAlignment)
		}
	}
	if err := p.tensorInfos(tensors); err != nil {
		return nil, err
	}
	return p, p.extents(int64(align))
}

// header reads the fixed fields and finds the byte order.
func (p *part) header() (tensors, entries int, err error) {
	c := &p.cursor
	if len(c.b) == 0 {
		return 0, 0, c.errorf("the file is empty: download it again")
	}
	if encoding.IsLFSPointer(c.b) {
		return 0, 0, c.errorf("is a Git LFS pointer, not the model itself: fetch it with git lfs pull")
	}
	head := c.b[:min(len(c.b), len(magic))]
	if string(head) != magic {
		return 0, 0, c.errorf("is no GGUF file: it begins with %s, want %q: download it again, or name another file", quote(string(head)), magic)
	}
	c.off = len(magic)
	// The version is small, so in the wrong byte order its low half is zero.
	c.order = binary.LittleEndian
	if p.version, err = c.uint32("the version"); err != nil {
		return 0, 0, err
	}
	if p.version != 0 && p.version&0xffff == 0 {
		c.off = len(magic)
		c.order = binary.BigEndian
		p.version, _ = c.uint32("the version")
	}
	switch {
	case p.version == 1:
		return 0, 0, c.errorf("is GGUF version 1, which had other lengths: convert the model again, versions 2 and 3 can be read")
	case p.version != 2 && p.version != 3:
		return 0, 0, c.errorf("is GGUF version %d, and versions 2 and 3 can be read: the file is damaged, or newer than this program", p.version)
	}
	// A tensor takes at least a name, two numbers and an offset; an entry a key
	// of one byte, a type and a value of one.
	if tensors, err = c.count(8+1+4+4+8, "the number of tensors"); err != nil {
		return 0, 0, err
	}
	entries, err = c.count(8+1+4+1, "the number of metadata entries")
	return tensors, entries, err
}

func (p *part) metadata(n int) error {
	c := &p.cursor
	p.kv = make([]KV, 0, n)
	p.keys = make(map[string]int, n)
	for i := range n {
		key, err := c.identifier(maxKey, fmt.Sprintf("metadata key %d", i))
		if err != nil {
			return err
		}
		if _, dup := p.keys[key]; dup {
			return c.errorf("metadata key %s appears twice: the file is damaged, download it again", quote(key))
		}
		what := "metadata " + quote(key)
		t, err := c.uint32("the type of " + what)
		if err != nil {
			return err
		}
		v, err := c.value(valueType(t), 0, what)
		if err != nil {
			return err
		}
		p.keys[key] = i
		p.kv = append(p.kv, KV{Key: key, Value: v})
	}
	return nil
}

// tensorInfos reads the list of tensors. Offset is left relative to the data and
// Size is left zero for types that are not known.
func (p *part) tensorInfos(n int) error {
	c := &p.cursor
	p.tensors = make([]Info, 0, n)
	seen := make(map[string]struct{}, n)
	for i := range n {
		name, err := c.identifier(math.MaxInt, fmt.Sprintf("the name of tensor %d", i))
		if err != nil {
			return err
		}
		what := "tensor " + quote(name)
		if _, dup := seen[name]; dup {
			return c.errorf("%s appears twice: the file is damaged, download it again", what)
		}
		seen[name] = struct{}{}
		dims, err := c.uint32("the dimensions of " + what)
		if err != nil {
			return err
		}
		if dims > maxDims {
			return c.errorf("%s has %d dimensions, at most %d are allowed: the file is damaged, download it again", what, dims, maxDims)
		}
		shape := make([]int, dims)
		for d := range shape {
			v, err := c.uint64("the dimensions of " + what)
			if err != nil {
				return err
			}
			if v > math.MaxInt {
				return c.errorf("%s: dimension %d is %d: the file is damaged, download it again", what, d, v)
			}
			shape[len(shape)-1-d] = int(v)
		}
		id, err := c.uint32("the type of " + what)
		if err != nil {
			return err
		}
		off, err := c.uint64("the offset of " + what)
		if err != nil {
			return err
		}
		if off > math.MaxInt64 {
			return c.errorf("%s: offset %d is past the end of the file: the file is damaged, download it again", what, off)
		}
		info := Info{Name: name, Type: typeIDs[id], TypeID: id, Shape: shape, Offset: int64(off)}
		if _, ok := tensor.Shape(shape).Elems(); !ok {
			return c.errorf("%s: its shape %v has too many elements: the file is damaged, download it again", what, tensor.Shape(shape))
		}
		if info.Type != dtype.Invalid {
			size, ok := info.Type.TensorSize(shape)
			switch {
			case !ok && info.Type.Plain():
				return c.errorf("%s: its shape %v is too large for %v: the file is damaged, download it again", what, tensor.Shape(shape), info.Type)
			case !ok:
				return c.errorf("%s: its shape %v is no whole number of blocks of %v (type id %d): the file is damaged, or its maker means something else by the type", what, tensor.Shape(shape), info.Type, id)
			}
			info.Size = size
		}
		p.tensors = append(p.tensors, info)
	}
	return nil
}

// extents makes the offsets absolute and checks that tensors are aligned, lie
// inside the file and do not overlap. A tensor of unknown type gets what lies
// between its offset and the next.
func (p *part) extents(align int64) error {
	c := &p.cursor
	end := int64(len(c.b))
	start := pad(int64(c.off), align)
	byOffset := make([]*Info, len(p.tensors))
	for i := range p.tensors {
		t := &p.tensors[i]
		if t.Offset%align != 0 {
			return c.errorf("tensor %s: offset %d is no multiple of the alignment %d: the file is damaged, download it again", quote(t.Name), t.Offset, align)
		}
		if t.Size > math.MaxInt64-start-t.Offset {
			return c.errorf("tensor %s: offset %d is past the end of the file: the file is damaged, download it again", quote(t.Name), t.Offset)
		}
		t.Offset += start
		if t.Offset+t.Size > end {
			return c.errorf("tensor %s needs bytes %d to %d, but the file ends at %d: it is truncated, download it again", quote(t.Name), t.Offset, t.Offset+t.Size, end)
		}
		byOffset[i] = t
	}
	slices.SortStableFunc(byOffset, func(a, b *Info) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Size, b.Size))
	})
	for i, t := range byOffset {
		next := end
		if i+1 < len(byOffset) {
			next = byOffset[i+1].Offset
		}
		if t.Type == dtype.Invalid {
			t.Size = next - t.Offset
		}
		if t.Offset+t.Size > next {
			return c.errorf("tensors %s and %s overlap at byte %d: the file is damaged, download it again", quote(t.Name), quote(byOffset[i+1].Name), next)
		}
	}
	return nil
}
