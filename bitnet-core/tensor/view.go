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

// Step returns the view of every step-th index along dimension dim, beginning with the
// first: t.Step(0, 2) is NumPy's t[::2], and t.Slice(0, 1, 9).Step(0, 2) its t[1:9:2]. It
// panics for block types.
func (t *Tensor) Step(dim, step int) *Tensor {
	if dim < 0 || dim >= len(t.shape) {
		panic("tensor: Step dimension out of range")
	}
	if step < 1 {
		panic("tensor: Step below 1")
	}
	if !t.dtype.Plain() {
		panic("tensor: Step of a block type")
	}
	v := t.view()
	if n := t.shape[dim]; n > 0 {
		v.shape[dim] = 1 + (n-1)/step
		v.strides[dim] *= min(step, n)
	}
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
// same order. It panics if no strides describe it, as for the rows of a transposed
// matrix put together: [Tensor.Compact] makes a tensor that can take any shape. The
// rows of a block type must still hold whole blocks.
func (t *Tensor) Reshape(shape ...int) *Tensor {
	if n, ok := Shape(shape).Elems(); !ok || n != t.Len() {
		panic("tensor: Reshape to another number of elements")
	}
	v := *t
	v.shape = slices.Clone(Shape(shape))
	v.strides = v.shape.strides()
	if !t.Contiguous() {
		if v.strides = t.reshaped(shape); v.strides == nil {
			panic("tensor: Reshape of a view whose strides do not allow it")
		}
		return &v
	}
	was, _ := t.dtype.TensorSize(t.shape)
	if size, ok := t.dtype.TensorSize(shape); !ok || size != was {
		panic("tensor: Reshape through the blocks of a block type")
	}
	return &v
}

// view returns a copy of the header that may be changed.
func (t *Tensor) view() *Tensor {
	v := *t
	v.shape, v.strides = slices.Clone(t.shape), slices.Clone(t.strides)
	return &v
}

// Permute returns the view whose dimension i is dimension dims[i] of t. It panics
// for block types.
func (t *Tensor) Permute(dims ...int) *Tensor {
	if len(dims) != len(t.shape) {
		panic("tensor: Permute count is not the number of dimensions")
	}
	if !t.dtype.Plain() {
		panic("tensor: Permute of a block type")
	}
	v := t.view()
	seen := make([]bool, len(dims))
	for i, d := range dims {
		if d < 0 || d >= len(dims) || seen[d] {
			panic("tensor: Permute dimension out of range or twice")
		}
		seen[d] = true
		v.shape[i], v.strides[i] = t.shape[d], t.strides[d]
	}
	return v
}

// Squeeze returns the view without the given dimensions, which must be 1; without
// arguments it drops every dimension of 1. It panics for block types.
func (t *Tensor) Squeeze(dims ...int) *Tensor {
	if !t.dtype.Plain() {
		panic("tensor: Squeeze of a block type")
	}
	for _, d := range dims {
		if d < 0 || d >= len(t.shape) || t.shape[d] != 1 {
			panic("tensor: Squeeze dimension out of range or not 1")
		}
	}
	v := *t
	v.shape, v.strides = Shape{}, []int{}
	for d, n := range t.shape {
		if n != 1 || len(dims) > 0 && !slices.Contains(dims, d) {
			v.shape, v.strides = append(v.shape, n), append(v.strides, t.strides[d])
		}
	}
	return &v
}

// Unsqueeze returns the view with a new dimension of 1 before dimension dim, or
// after the last. It panics for block types.
func (t *Tensor) Unsqueeze(dim int) *Tensor {
	if dim < 0 || dim > len(t.shape) {
		panic("tensor: Unsqueeze dimension out of range")
	}
	if !t.dtype.Plain() {
		panic("tensor: Unsqueeze of a block type")
	}
	v := t.view()
	stride := 1
	if dim < len(t.shape) {
		stride = t.shape[dim] * t.strides[dim]
	}
	v.shape, v.strides = slices.Insert(v.shape, dim, 1), slices.Insert(v.strides, dim, stride)
	return v
}

// reshaped returns the strides by which the elements of t, which is not
// contiguous, have another shape in the same order, or nil if none do. t has
// elements. Dimensions of t and of the shape are matched in groups of equal size;
// within a group those of t must follow one another without a gap.
func (t *Tensor) reshaped(shape []int) []int {
	var have []int // dimensions of t that have neighbours
	for d, n := range t.shape {
		if n != 1 {
			have = append(have, d)
		}
	}
	out := make([]int, len(shape))
	for from := 0; from < len(shape); {
		if shape[from] == 1 {
			out[from] = 1
			from++
			continue
		}
		to, used, want, got := from+1, 1, shape[from], t.shape[have[0]]
		for want != got {
			if want < got {
				want *= shape[to]
				to++
				continue
			}
			a, b := have[used-1], have[used]
			if t.strides[a] != t.shape[b]*t.strides[b] {
				return nil
			}
			got *= t.shape[b]
			used++
		}
		stride := t.strides[have[used-1]]
		for d := to - 1; d >= from; d-- {
			out[d] = stride
			stride *= shape[d]
		}
		from, have = to, have[used:]
	}
	return out
}
