package tensor

import "slices"

// Concat sets dst to parts one after another along axis. All are of one type and
// differ in that dimension only, where dst is as long as the parts together. dst
// overlaps no part.
func Concat(dst *Tensor, axis int, parts ...*Tensor) {
	if axis < 0 || axis >= len(dst.shape) {
		panic("tensor: Concat axis out of range")
	}
	total := 0
	for _, p := range parts {
		checkPart("Concat", dst, p, axis)
		if len(p.shape) != len(dst.shape) {
			panic("tensor: Concat part does not suit dst's shape")
		}
		for d, n := range p.shape {
			if d != axis && n != dst.shape[d] {
				panic("tensor: Concat part does not suit dst's shape")
			}
		}
		total += p.shape[axis]
	}
	if total != dst.shape[axis] {
		panic("tensor: Concat parts are not as long as dst")
	}
	from := 0
	for _, p := range parts {
		Copy(dst.Slice(axis, from, from+p.shape[axis]), p)
		from += p.shape[axis]
	}
}

// Stack sets dst to parts, which are of one shape and type, one after another along
// a dimension of its own: dst.Select(axis, i) is part i. dst overlaps no part.
func Stack(dst *Tensor, axis int, parts ...*Tensor) {
	if axis < 0 || axis >= len(dst.shape) {
		panic("tensor: Stack axis out of range")
	}
	if len(parts) != dst.shape[axis] {
		panic("tensor: Stack count is not dst's dimension")
	}
	want := dst.shape.Reduce(false, axis)
	for _, p := range parts {
		checkPart("Stack", dst, p, axis)
		if !slices.Equal(p.shape, want) {
			panic("tensor: Stack part does not suit dst's shape")
		}
	}
	for i, p := range parts {
		Copy(dst.Select(axis, i), p)
	}
}

// checkPart is done for all parts before the first is copied.
func checkPart(name string, dst, p *Tensor, axis int) {
	if p.dtype != dst.dtype {
		panic("tensor: " + name + " part of another type than dst")
	}
	if !dst.dtype.Plain() {
		if axis != 0 || !dst.dtype.Sliceable() {
			panic("tensor: " + name + " through the blocks of a block type")
		}
		return
	}
	separate(name, dst, p)
}

// Split returns views of t that follow one another along axis, as long there as
// sizes say: together as long as t. Block types are limited as in [Tensor.Slice].
func (t *Tensor) Split(axis int, sizes ...int) []*Tensor {
	if axis < 0 || axis >= len(t.shape) {
		panic("tensor: Split axis out of range")
	}
	parts := make([]*Tensor, len(sizes))
	from := 0
	for i, n := range sizes {
		if n < 0 || n > t.shape[axis]-from {
			panic("tensor: Split sizes are not t's together")
		}
		parts[i] = t.Slice(axis, from, from+n)
		from += n
	}
	if from != t.shape[axis] {
		panic("tensor: Split sizes are not t's together")
	}
	return parts
}
