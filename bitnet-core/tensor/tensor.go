package tensor

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// A Tensor is an immutable view of elements in a buffer. See the package
// documentation for who owns the buffer.
type Tensor struct {
	buf     memory.Buffer
	base    int // bytes before element 0 of the tensor this is a view of
	off     int // elements from there to this view's first
	dtype   dtype.DType
	shape   Shape
	strides []int
}

// New allocates a contiguous tensor of zeroed elements. The caller owns the
// buffer's one reference and releases it through [Tensor.Release]. A shape whose
// size overflows or does not suit d is an error, like memory that is not to be
// had.
func New(a memory.Allocator, d dtype.DType, shape ...int) (*Tensor, error) {
	size, err := sizeOf(d, shape)
	if err != nil {
		return nil, err
	}
	buf, err := memory.AllocZeroed(a, size, 0)
	if err != nil {
		return nil, fmt.Errorf("tensor: %v of shape %v: %w", d, Shape(shape), err)
	}
	t, err := Of(buf, d, shape...)
	if err != nil {
		buf.Release()
		return nil, err
	}
	return t, nil
}

// Of returns a contiguous tensor over the first bytes of b, which it borrows. It
// is an error if b is too short or its address does not suit d.
func Of(b memory.Buffer, d dtype.DType, shape ...int) (*Tensor, error) {
	return OfAt(b, 0, d, shape...)
}

// OfAt is [Of] with the elements beginning at byte off of b.
func OfAt(b memory.Buffer, off int, d dtype.DType, shape ...int) (*Tensor, error) {
	size, err := sizeOf(d, shape)
	if err != nil {
		return nil, err
	}
	if off < 0 || off > b.Len() || size > b.Len()-off {
		return nil, fmt.Errorf("tensor: %v of shape %v needs %d bytes at %d, the buffer has %d",
			d, Shape(shape), size, off, b.Len())
	}
	if !Aligned(b.Bytes()[off:off+size], d) {
		return nil, fmt.Errorf("tensor: %v of shape %v lies at an address that is no multiple of the element size",
			d, Shape(shape))
	}
	s := slices.Clone(Shape(shape))
	return &Tensor{buf: b, base: off, dtype: d, shape: s, strides: s.strides()}, nil
}

// Aligned reports whether elements of type d may begin where b does: always for
// block types, whose kernels load bytes, else at a multiple of the element size.
func Aligned(b []byte, d dtype.DType) bool {
	elems, size := d.Block()
	addr := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	return elems != 1 || len(b) == 0 || addr%uintptr(size) == 0
}

func sizeOf(d dtype.DType, shape []int) (int, error) {
	if !d.Valid() {
		return 0, fmt.Errorf("tensor: %v is no element type", d)
	}
	_, ok := Shape(shape).Elems()
	if !ok {
		return 0, fmt.Errorf("tensor: shape %v has a negative dimension or too many elements", Shape(shape))
	}
	size, ok := d.TensorSize(shape)
	if !ok || int64(int(size)) != size {
		return 0, fmt.Errorf("tensor: shape %v is too large for %v or no whole number of its blocks", Shape(shape), d)
	}
	return int(size), nil
}

// DType returns the element type.
func (t *Tensor) DType() dtype.DType { return t.dtype }

// Shape returns the dimensions. The caller must not change them.
func (t *Tensor) Shape() Shape { return t.shape }

// Strides returns, for each dimension, the distance in elements between
// neighbours along it. The caller must not change them.
func (t *Tensor) Strides() []int { return t.strides }

// Len returns the number of elements.
func (t *Tensor) Len() int {
	n, _ := t.shape.Elems()
	return n
}

// Contiguous reports whether the elements lie next to each other in row-major
// order.
func (t *Tensor) Contiguous() bool {
	n := 1
	for i := len(t.shape) - 1; i >= 0; i-- {
		if t.shape[i] != 1 && t.strides[i] != n {
			return t.Len() == 0
		}
		n *= t.shape[i]
	}
	return true
}

// Bytes returns the bytes of a contiguous tensor, without a copy; it panics for
// another. They may be written to if the buffer's memory may.
func (t *Tensor) Bytes() []byte {
	if !t.Contiguous() {
		panic("tensor: Bytes of a tensor that is not contiguous")
	}
	size, _ := t.dtype.TensorSize(t.shape)
	elems, bytes := t.dtype.Block()
	off := t.base + t.off/elems*bytes
	if size == 0 {
		off = 0 // a view of nothing may begin after the end
	}
	return t.buf.Bytes()[off : off+int(size) : off+int(size)]
}

// Retain adds a reference to the buffer, so that it outlives its origin until
// Release, and returns t.
func (t *Tensor) Retain() *Tensor {
	t.buf.Retain()
	return t
}

// Release drops a reference to the buffer: the one that [New] gave or one from
// Retain. No view of t may be used after the last.
func (t *Tensor) Release() { t.buf.Release() }

// String describes the tensor without its elements, as in "F32 2×3".
func (t *Tensor) String() string { return t.dtype.String() + " " + t.shape.String() }
