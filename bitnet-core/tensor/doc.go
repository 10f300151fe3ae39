// Package tensor describes arrays of numbers that lie in a [memory.Buffer], outside
// the Go heap if the allocator is, and computes with them: a [Tensor] is a shape,
// strides, an element type and a place in a buffer.
//
// Shapes are in row-major order: a weight matrix of a linear layer is (out, in)
// and the elements of a row, which a dot product reads, lie next to each other.
// Strides count elements. [Tensor.Slice], [Tensor.Step], [Tensor.Select], [Tensor.Transpose],
// [Tensor.Permute], [Tensor.Reshape], [Tensor.Squeeze], [Tensor.Unsqueeze],
// [Tensor.BroadcastTo] and [Tensor.Split] return views of the same bytes and copy
// nothing. [Tensor.Compact] and [Tensor.Clone] make contiguous tensors of views.
//
// Tensors of a block type (see [dtype.DType]) are contiguous. Where blocks carry
// their own scales and fill whole rows, they may be sliced along the first
// dimension; nothing else reaches into them but [Tensor.Bytes]. They can be copied,
// stacked and concatenated, and take part in no other operation.
//
// # Operations
//
// Operations are functions that write to a destination, which comes first and
// which the caller has allocated: Add(dst, a, b). They need not be told where
// memory comes from, and a loop reuses what it has. [Scalar] makes a number into an
// operand.
//
// Element-wise operations ([Add] to [Pow], [Exp] to [ReLU2], comparisons, [Where],
// [Copy]) broadcast their operands to dst's shape as NumPy does ([Shape.Broadcast]).
// Their tensors are of one type, any but block types and Bool, or any
// floating-point type; comparisons write Bool, of which [Min] is and, [Max] is or, and
// [Equal] with false is not. F16 and BF16 are computed in float32
// and rounded to nearest even. Nothing is converted silently: another mixture of
// types panics. [MatMul] lists what it multiplies.
//
// Reductions ([Sum], [Mean], [Var], [Norm], [LogSumExp], [ReduceMax], [ArgMax] and
// their like) go over any axes, and over all if none are named. dst's shape, that of
// a without the axes or with 1 in their place, says what is wanted ([Shape.Reduce]).
// Sums of floats are pairwise and in float64; those of F32 have the order of package
// vec, the same on all CPUs.
//
// [Softmax], [LayerNorm] and [RMSNorm] work on rows; [Take], [Gather] and [Scatter]
// move elements by index, [ArgSort] finds the order of rows; [Concat] and [Stack] join; [Fill], [Arange], [Uniform] and
// [Normal] make up elements; [Sprint] prints as NumPy does. [MatMul] multiplies matrices
// by package [blas], whose room and threads it is given.
//
// # Overlap
//
// A destination that shares memory with an operand would be read after it was
// written. Element-wise operations and those on rows allow that it is the operand,
// the same elements in the same order, and work in place then. All other overlap
// panics. [Tensor.Overlaps] tells the two apart exactly: the even and the odd
// columns of a matrix lie between each other and do not overlap. A view that
// repeats elements by broadcasting cannot be a destination.
//
// # NaN, infinities and signed zeros
//
// Floats follow IEEE 754. Minima and maxima are NaN if any element is, and order -0
// before 0; [ArgMax] and [ArgMin] find the first NaN. Sums of nothing are 0, means of
// nothing NaN, and an extreme of nothing panics. Denormal numbers are kept.
//
// # Mistakes and errors
//
// Shapes, types and axes are the caller's: a wrong one panics with the function's
// constant message, before anything is written. What depends on data or on the
// machine is an error: memory that is not to be had, and an index out of range.
//
// # Ownership
//
// A Tensor is an immutable header and counts no references by itself, so views
// cost nothing to drop. [New] and [From] allocate a buffer, and the caller owns its
// one reference and calls [Tensor.Release] once, on the tensor or on any view of it.
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
// Headers may be shared between goroutines. The elements are plain memory:
// operations that read the same tensors may run at once, and writers need their own
// order. Operations start no goroutines. [On] divides large tensors between the
// threads of a pool: On(pool).Add(dst, a, b) gives the bits that Add does.
package tensor
