package tensor

import "slices"

// Broadcast returns the shape of the result of an element-wise operation on
// tensors of the shapes s and o, by NumPy's rule: shapes are aligned at their last
// dimensions, and a dimension of 1, or one that is missing in front, stretches to
// the other's. It is false if two dimensions differ and neither is 1.
//
// Source: NumPy, "Broadcasting", numpy.org/doc/stable/user/basics.broadcasting.html.
func (s Shape) Broadcast(o Shape) (Shape, bool) {
	if len(s) < len(o) {
		s, o = o, s
	}
	out := slices.Clone(s)
	for i, d := range o {
		p := &out[len(s)-len(o)+i]
		switch {
		case *p == 1:
			*p = d
		case d != 1 && d != *p:
			return nil, false
		}
	}
	return out, true
}

// BroadcastTo returns the view of a larger shape in which dimensions of 1, and new
// ones in front, repeat the same elements with stride 0. Such a view can be read
// and cannot be the destination of an operation.
func (t *Tensor) BroadcastTo(shape ...int) *Tensor {
	if !t.dtype.Plain() {
		panic("tensor: BroadcastTo of a block type")
	}
	if _, ok := Shape(shape).Elems(); !ok {
		panic("tensor: BroadcastTo a shape with a negative dimension or too many elements")
	}
	v := t.broadcastTo(shape)
	if v == nil {
		panic("tensor: BroadcastTo a shape that does not match")
	}
	return v
}

// broadcastTo is nil if the shapes do not match.
func (t *Tensor) broadcastTo(shape []int) *Tensor {
	front := len(shape) - len(t.shape)
	if front < 0 {
		return nil
	}
	v := *t
	v.shape, v.strides = slices.Clone(Shape(shape)), make([]int, len(shape))
	for i, d := range t.shape {
		switch {
		case d == shape[front+i]:
			v.strides[front+i] = t.strides[i]
		case d != 1:
			return nil
		}
	}
	return &v
}
