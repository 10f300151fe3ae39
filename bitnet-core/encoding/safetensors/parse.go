package safetensors

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

// A part is one file: the whole model, or a shard.
type part struct {
	name     string
	buf      memory.Buffer
	metadata map[string]string
	tensors  []Info // in the order of their data
}

// errorf makes an error about the file.
func (p *part) errorf(format string, args ...any) error {
	return fmt.Errorf("safetensors: %s: "+format, append([]any{p.name}, args...)...)
}

const damaged = "the file is damaged, download it again"

// parse reads the header and checks it against the data. It takes no reference
// to buf.
func parse(buf memory.Buffer, name string) (*part, error) {
	p := &part{name: name, buf: buf}
	b := buf.Bytes()
	if len(b) < 8 {
		return nil, p.errorf("is no safetensors file: it has %d bytes, and the length of the header takes 8: it is truncated, download it again", len(b))
	}
	if encoding.IsLFSPointer(b) {
		return nil, p.errorf("is a Git LFS pointer, not the model itself: fetch it with git lfs pull")
	}
	n := binary.LittleEndian.Uint64(b)
	switch {
	case n > maxHeader:
		return nil, p.errorf("is no safetensors file: it begins with a header length of %d, at most %d is allowed: %s", n, maxHeader, damaged)
	case n > uint64(len(b)-8):
		return nil, p.errorf("the header takes bytes 8 to %d, but the file ends at %d: it is truncated, download it again", n+8, len(b))
	}
	infos, metadata, err := header(b[8 : 8+n])
	if err != nil {
		return nil, p.errorf("header: %w: %s", err, damaged)
	}
	p.metadata = metadata
	data := int64(8 + n)
	return p, p.extents(infos, data, int64(len(b)))
}

// extents makes Infos of what the header says, with offsets from the beginning
// of the file, and checks that the tensors cover the data from its first byte to
// its last, one after another.
func (p *part) extents(infos []rawInfo, data, end int64) error {
	slices.SortStableFunc(infos, func(a, b rawInfo) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	p.tensors = make([]Info, 0, len(infos))
	at := int64(0)
	for i, r := range infos {
		what := "tensor " + quote(r.name)
		info := Info{Name: r.name, Type: typeNames[r.dtype], TypeName: r.dtype, Offset: data + r.begin, Size: r.end - r.begin}
		info.Shape = make([]int, len(r.shape))
		for d, v := range r.shape {
			if v > math.MaxInt {
				return p.errorf("%s: dimension %d is %d, more than this machine can address", what, d, v)
			}
			info.Shape[d] = int(v)
		}
		switch {
		case r.name == "":
			return p.errorf("a tensor has no name: %s", damaged)
		case r.begin > r.end:
			return p.errorf("%s: data_offsets [%d, %d] run backwards: %s", what, r.begin, r.end, damaged)
		case r.end > end-data:
			return p.errorf("%s needs %d bytes of data, but the file ends after %d: it is truncated, download it again", what, r.end, end-data)
		case r.begin < at:
			return p.errorf("tensors %s and %s overlap at byte %d of the data: %s", quote(infos[i-1].name), quote(r.name), r.begin, damaged)
		case r.begin > at:
			return p.errorf("bytes %d to %d of the data, before %s, belong to no tensor: %s", at, r.begin, what, damaged)
		}
		if _, ok := tensor.Shape(info.Shape).Elems(); !ok {
			return p.errorf("%s: its shape %v has too many elements: %s", what, tensor.Shape(info.Shape), damaged)
		}
		if info.Type != dtype.Invalid {
			size, ok := info.Type.TensorSize(info.Shape)
			if !ok {
				return p.errorf("%s: its shape %v has too many elements: %s", what, tensor.Shape(info.Shape), damaged)
			}
			if size != info.Size {
				return p.errorf("%s: data_offsets [%d, %d] hold %d bytes, and %v of shape %v takes %d: %s", what, r.begin, r.end, info.Size, info.Type, tensor.Shape(info.Shape), size, damaged)
			}
		}
		at = r.end
		p.tensors = append(p.tensors, info)
	}
	if at != end-data {
		return p.errorf("the last %d bytes belong to no tensor: %s", end-data-at, damaged)
	}
	return nil
}
