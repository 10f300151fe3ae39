// Package tensor describes arrays of numbers that lie in a [memory.Buffer]: a
// [Tensor] is a shape, strides, an element type and a place in a buffer.
//
// Shapes are in row-major order: a weight matrix of a linear layer is (out, in)
// and the elements of a row, which a dot product reads, lie next to each other.
// Strides count elements. [Tensor.Slice], [Tensor.Select], [Tensor.Transpose]
// and [Tensor.Reshape] return views of the same bytes and copy nothing.
//
// Tensors of a block type (see [dtype.DType]) are contiguous. Where blocks carry
// their own scales and fill whole rows, they may be sliced along the first
// dimension; nothing else reaches into them but [Tensor.Bytes].
//
// # Ownership
//
// A Tensor is an immutable header and counts no references by itself, so views
// cost nothing to drop. [New] allocates a buffer, and the caller owns its one
// reference and calls [Tensor.Release] once, on the tensor or on any view of it.
// [Of] and [OfAt] borrow: the buffer stays the caller's and must outlive the
// tensor. Whoever wants a tensor to live longer than its origin calls
// [Tensor.Retain] and later Release.
//
// # Byte order and alignment
//
// Elements are little-endian, as in model files, and the project runs on
// little-endian machines only. The address of a plain tensor's elements is a
// multiple of the element's size, so that typed views need no copy.
//
// # Concurrency
//
// Headers may be shared between goroutines. The elements are plain memory.
package tensor
