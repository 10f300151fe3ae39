package tensor

import (
	"fmt"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/internal/transpose"
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
		copyPlain[uint64](dst.as(dtype.U64), src.as(dtype.U64))
	case 4:
		copyPlain[uint32](dst.as(dtype.U32), src.as(dtype.U32))
	case 2:
		copyPlain[uint16](dst.as(dtype.U16), src.as(dtype.U16))
	default:
		copyPlain[uint8](dst.as(dtype.U8), src.as(dtype.U8))
	}
}

// Copy is [Copy]. Small tensors are copied by the calling goroutine.
func (t Threads) Copy(dst, src *Tensor) {
	if t.pool == nil || !dst.dtype.Plain() || dst.dtype != src.dtype {
		Copy(dst, src)
		return
	}
	src = prepare("Copy", dst, src)[0]
	d := longStep(dst)
	if _, size := dst.dtype.Block(); d < 0 || dst.Len()*size < 1<<18 {
		Copy(dst, src)
		return
	}
	// Parts begin and end with whole cache lines in any order of the dimensions.
	threads := t.pool.Threads()
	t.pool.Split(dst.shape[d], min(64, (dst.shape[d]+threads-1)/threads), 4, func(lo, hi int) {
		Copy(dst.Slice(d, lo, hi), src.Slice(d, lo, hi))
	})
}

// longStep returns the dimension along which neighbours are farthest apart, -1 if there is
// but one element.
func longStep(t *Tensor) int {
	at := -1
	for d, n := range t.shape {
		if n > 1 && (at < 0 || t.strides[d] > t.strides[at]) {
			at = d
		}
	}
	return at
}

func copyPlain[T unsigned](dst, src *Tensor) {
	if dst.Len() == 0 { // the dimension of 0 may be one that is left to the rectangles
		return
	}
	w := anyOrder(dst, src)
	last := len(w.shape) - 1
	across := w.columns(1)
	if w.inner(0) != 1 || w.inner(1) == 1 || across < 0 {
		each1(dst, src, copyRun[T])
		return
	}
	rows, cols := w.shape[across], w.shape[last]
	down, right := w.strides[0][across], w.strides[1][last]
	w.remove(across)
	w.remove(len(w.shape) - 1)
	to, from := values[T](dst), values[T](src)
	for pos := range w.all() {
		transpose.Copy(to[pos[0]:], down, from[pos[1]:], right, rows, cols)
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
