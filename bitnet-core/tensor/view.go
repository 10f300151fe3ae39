package tensor

import "slices"

// Slice returns the view of indices lo to hi-1 along dimension dim. Block types
// can be sliced along dimension 0 only, if every index there holds whole blocks
// with scales of their own.
func (t *Tensor) Slice(dim, lo, hi int) *Tensor {
	if dim < 0 || dim >= len(t.shape) {
		panic("tensor: Slice dimension out of range")
	}
	if lo < 0 || hi < lo || hi > t.shape[dim] {
		panic("tensor: Slice bounds out of range")
	}
	if !t.dtype.Plain() {
		elems, _ := t.dtype.Block()
		if !t.dtype.Sliceable() || dim != 0 || t.strides[0]%elems != 0 {
			panic("tensor: Slice through the blocks of a block type")
		}
	}
	v := t.view()
	v.shape[dim] = hi - lo
	v.off += lo * t.strides[dim]
	return v
}

// Select returns the view at index i along dimension dim, which it drops: of a
// (out, in) matrix, Select(0, i) is row i. Block types are limited as in
// [Tensor.Slice], and keep at least the dimension that blocks run along.
func (t *Tensor) Select(dim, i int) *Tensor {
	if dim < 0 || dim >= len(t.shape) {
		panic("tensor: Select dimension out of range")
	}
	if i < 0 || i >= t.shape[dim] {
		panic("tensor: Select index out of range")
	}
	v := t.Slice(dim, i, i+1)
	v.shape = slices.Delete(v.shape, dim, dim+1)
	v.strides = slices.Delete(v.strides, dim, dim+1)
	return v
}

// Transpose returns the view with dimensions a and b exchanged. It panics for
// block types.
func (t *Tensor) Transpose(a, b int) *Tensor {
	if min(a, b) < 0 || max(a, b) >= len(t.shape) {
		panic("tensor: Transpose dimension out of range")
	}
	if !t.dtype.Plain() {
		panic("tensor: Transpose of a block type")
	}
	v := t.view()
	v.shape[a], v.shape[b] = v.shape[b], v.shape[a]
	v.strides[a], v.strides[b] = v.strides[b], v.strides[a]
	return v
}

// Reshape returns the view with other dimensions and the same elements in the
// same order. t must be contiguous; the rows of a block type must still hold
// whole blocks.
func (t *Tensor) Reshape(shape ...int) *Tensor {
	if n, ok := Shape(shape).Elems(); !ok || n != t.Len() {
		panic("tensor: Reshape to another number of elements")
	}
	if !t.Contiguous() {
		panic("tensor: Reshape of a tensor that is not contiguous")
	}
	was, _ := t.dtype.TensorSize(t.shape)
	if size, ok := t.dtype.TensorSize(shape); !ok || size != was {
		panic("tensor: Reshape through the blocks of a block type")
	}
	v := *t
	v.shape = slices.Clone(Shape(shape))
	v.strides = v.shape.strides()
	return &v
}

// view returns a copy of the header that may be changed.
func (t *Tensor) view() *Tensor {
	v := *t
	v.shape, v.strides = slices.Clone(t.shape), slices.Clone(t.strides)
	return &v
}
