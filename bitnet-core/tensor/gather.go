package tensor

import (
	"fmt"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// indices returns the elements of x, which is I32 or I64, in row-major order. An
// index that is not in 0 to n-1 is an error, which says where it is.
func indices(name string, x *Tensor, n int) ([]int, error) {
	if x.dtype != dtype.I32 && x.dtype != dtype.I64 {
		panic("tensor: " + name + " index is not I32 or I64")
	}
	out := make([]int, 0, x.Len())
	w := inOrder(x)
	step := w.inner(0)
	var i32 []int32
	var i64 []int64
	if x.dtype == dtype.I32 {
		i32 = values[int32](x)
	} else {
		i64 = values[int64](x)
	}
	for pos, count := range w.runs() {
		for i := range count {
			var v int64
			if i32 != nil {
				v = int64(i32[pos[0]+i*step])
			} else {
				v = i64[pos[0]+i*step]
			}
			if v < 0 || v >= int64(n) {
				return nil, fmt.Errorf("tensor: %s: index %d at %v is not in 0 to %d", name, v, x.shape.index(len(out)), n-1)
			}
			out = append(out, int(v))
		}
	}
	return out, nil
}

// index returns the index of element i in row-major order.
func (s Shape) index(i int) []int {
	idx := make([]int, len(s))
	for d := len(s) - 1; d >= 0; d-- {
		idx[d], i = i%s[d], i/s[d]
	}
	return idx
}

// Take sets dst to the slices of a along axis that index names, as an embedding
// table's rows are taken by token ids: dst has a's shape with index's in place of
// the axis. An index out of range is an error, and dst is unchanged then. dst
// overlaps nothing.
func Take(dst, a *Tensor, axis int, index *Tensor) error {
	if axis < 0 || axis >= len(a.shape) {
		panic("tensor: Take axis out of range")
	}
	if dst.dtype != a.dtype {
		panic("tensor: Take operand of another type than dst")
	}
	if !dst.dtype.Plain() {
		panic("tensor: Take of a block type")
	}
	if !slices.Equal(dst.shape, slices.Concat(a.shape[:axis], index.shape, a.shape[axis+1:])) {
		panic("tensor: Take dst is not of the shape of a and index")
	}
	separate("Take", dst, a, index)
	at, err := indices("Take", index, a.shape[axis])
	if err != nil || dst.Len() == 0 {
		return err
	}
	i := 0
	for idx := range index.shape.Indices() {
		part := dst
		for _, k := range idx {
			part = part.Select(axis, k)
		}
		Copy(part, a.Select(axis, at[i]))
		i++
	}
	return nil
}

// Gather sets dst[…, i, …] = a[…, index[…, i, …], …], where i runs along axis: dst
// and index have one shape, which is a's but for that dimension. An index out of
// range is an error, and dst is unchanged then. dst overlaps nothing. It is NumPy's
// take_along_axis.
func Gather(dst, a *Tensor, axis int, index *Tensor) error {
	checkAlong("Gather", dst, a, axis, index)
	at, err := indices("Gather", index, a.shape[axis])
	if err != nil {
		return err
	}
	switch _, size := dst.dtype.Block(); size {
	case 8:
		along(dst, a, axis, at, gatherOne[uint64])
	case 4:
		along(dst, a, axis, at, gatherOne[uint32])
	case 2:
		along(dst, a, axis, at, gatherOne[uint16])
	default:
		along(dst, a, axis, at, gatherOne[uint8])
	}
	return nil
}

// Scatter sets dst[…, index[…, i, …], …] = src[…, i, …], where i runs along axis,
// and leaves the rest of dst: src and index have one shape, which is dst's but for
// that dimension. Where indices repeat, the last in row-major order remains. An
// index out of range is an error, and dst is unchanged then. dst overlaps nothing.
// It is NumPy's put_along_axis.
func Scatter(dst *Tensor, axis int, index, src *Tensor) error {
	checkAlong("Scatter", src, dst, axis, index)
	at, err := indices("Scatter", index, dst.shape[axis])
	if err != nil {
		return err
	}
	switch _, size := dst.dtype.Block(); size {
	case 8:
		along(src, dst, axis, at, scatterOne[uint64])
	case 4:
		along(src, dst, axis, at, scatterOne[uint32])
	case 2:
		along(src, dst, axis, at, scatterOne[uint16])
	default:
		along(src, dst, axis, at, scatterOne[uint8])
	}
	return nil
}

// ScatterAdd is [Scatter] that adds to dst's elements, in row-major order where
// indices repeat. It is for F32, F64, I32 and I64.
func ScatterAdd(dst *Tensor, axis int, index, src *Tensor) error {
	checkAlong("ScatterAdd", src, dst, axis, index)
	at, err := indices("ScatterAdd", index, dst.shape[axis])
	if err != nil {
		return err
	}
	switch dst.dtype {
	case dtype.F32:
		along(src, dst, axis, at, addOne[float32])
	case dtype.F64:
		along(src, dst, axis, at, addOne[float64])
	case dtype.I32:
		along(src, dst, axis, at, addOne[int32])
	case dtype.I64:
		along(src, dst, axis, at, addOne[int64])
	default:
		panic("tensor: ScatterAdd of another type than F32, F64, I32 and I64")
	}
	return nil
}

func gatherOne[T Number](part, whole *T)  { *part = *whole }
func scatterOne[T Number](part, whole *T) { *whole = *part }
func addOne[T Number](part, whole *T)     { *whole += *part }

// checkAlong checks the tensors of an operation between part, of index's shape, and
// whole.
func checkAlong(name string, part, whole *Tensor, axis int, index *Tensor) {
	if axis < 0 || axis >= len(whole.shape) {
		panic("tensor: " + name + " axis out of range")
	}
	if part.dtype != whole.dtype {
		panic("tensor: " + name + " operand of another type than dst")
	}
	if !part.dtype.Plain() {
		panic("tensor: " + name + " of a block type")
	}
	want := slices.Clone(whole.shape)
	if len(index.shape) == len(want) {
		want[axis] = index.shape[axis]
	}
	if !slices.Equal(index.shape, want) || !slices.Equal(part.shape, want) {
		panic("tensor: " + name + " shapes do not match outside the axis")
	}
	dst, other := part, whole
	if name != "Gather" {
		dst, other = whole, part
	}
	separate(name, dst, other, index)
}

// along calls f for the elements of part, in row-major order, and those of whole
// that have the same index but at[i], i counting the elements, along axis.
func along[T Number](part, whole *Tensor, axis int, at []int, f func(part, whole *T)) {
	rest := *whole // part's index in whole, with axis left out
	rest.shape, rest.strides = part.shape, slices.Clone(whole.strides)
	rest.strides[axis] = 0
	p, v := values[T](part), values[T](whole)
	w := inOrder(part, &rest)
	i := 0
	for pos, n := range w.runs() {
		for k := range n {
			f(&p[pos[0]+k*w.inner(0)], &v[pos[1]+k*w.inner(1)+at[i]*whole.strides[axis]])
			i++
		}
	}
}
