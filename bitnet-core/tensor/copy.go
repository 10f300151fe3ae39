package tensor

import (
	"fmt"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// Copy copies src, broadcast to dst's shape, to dst of the same type. The two may be
// the same elements and overlap in no other way. Block types must be contiguous and
// of one shape.
func Copy(dst, src *Tensor) {
	if dst.dtype != src.dtype {
		panic("tensor: Copy to another type")
	}
	if !dst.dtype.Plain() {
		copyBlocks(dst, src)
		return
	}
	src = prepare("Copy", dst, src)[0]
	switch _, size := dst.dtype.Block(); size {
	case 8:
		each1(dst.as(dtype.U64), src.as(dtype.U64), copyRun[uint64])
	case 4:
		each1(dst.as(dtype.U32), src.as(dtype.U32), copyRun[uint32])
	case 2:
		each1(dst.as(dtype.U16), src.as(dtype.U16), copyRun[uint16])
	default:
		each1(dst.as(dtype.U8), src.as(dtype.U8), copyRun[uint8])
	}
}

func copyRun[T unsigned](dst, a []T) { copy(dst, a) }

func copyBlocks(dst, src *Tensor) {
	if !slices.Equal(dst.shape, src.shape) {
		panic("tensor: Copy of a block type to another shape")
	}
	copy(dst.Bytes(), src.Bytes())
}

// Clone returns a contiguous copy in memory of a, which the caller releases.
func (t *Tensor) Clone(a memory.Allocator) (*Tensor, error) {
	c, err := empty(a, t.dtype, t.shape)
	if err != nil {
		return nil, err
	}
	Copy(c, t)
	return c, nil
}

// Compact returns t itself, with another reference, if it is contiguous, and else a
// [Tensor.Clone]. The caller releases either.
func (t *Tensor) Compact(a memory.Allocator) (*Tensor, error) {
	if t.Contiguous() {
		return t.Retain(), nil
	}
	return t.Clone(a)
}

// empty is [New] without clearing the memory.
func empty(a memory.Allocator, d dtype.DType, shape Shape) (*Tensor, error) {
	size, err := sizeOf(d, shape)
	if err != nil {
		return nil, err
	}
	buf, err := a.Alloc(size, 0)
	if err != nil {
		return nil, fmt.Errorf("tensor: %v of shape %v: %w", d, shape, err)
	}
	t, err := Of(buf, d, shape...)
	if err != nil {
		buf.Release()
		return nil, err
	}
	return t, nil
}
