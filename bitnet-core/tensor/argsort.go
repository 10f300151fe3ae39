package tensor

import (
	"cmp"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// ArgSort sets dst, which is I64 and of a's shape, to the places of a's elements along
// axis in rising order: equals stay in their order and NaN comes last, as with NumPy's
// argsort(kind="stable"). [Gather] brings elements into that order. dst overlaps nothing
// of a.
func ArgSort(dst, a *Tensor, axis int) {
	if dst.dtype != dtype.I64 {
		panic("tensor: ArgSort dst is not I64")
	}
	if !slices.Equal(dst.shape, a.shape) {
		panic("tensor: ArgSort dst is not of a's shape")
	}
	if axis < 0 || axis >= len(a.shape) {
		panic("tensor: ArgSort axis out of range")
	}
	if !a.dtype.Plain() {
		panic("tensor: ArgSort of a block type")
	}
	separate("ArgSort", dst, a)
	if a.Len() == 0 {
		return
	}
	r := newReduction("ArgSort", dst.Select(axis, 0), a, []int{axis})
	out, n, step := values[int64](dst), a.shape[axis], dst.strides[axis]
	switch a.dtype {
	case dtype.F64:
		sortRows[float64](r, out, n, step)
	case dtype.F32, dtype.F16, dtype.BF16:
		sortRows[float32](r, out, n, step)
	case dtype.I64:
		sortRows[int64](r, out, n, step)
	case dtype.I32:
		sortRows[int32](r, out, n, step)
	case dtype.I16:
		sortRows[int16](r, out, n, step)
	case dtype.I8:
		sortRows[int8](r, out, n, step)
	case dtype.U64:
		sortRows[uint64](r, out, n, step)
	case dtype.U32:
		sortRows[uint32](r, out, n, step)
	case dtype.U16:
		sortRows[uint16](r, out, n, step)
	default: // U8, Bool
		sortRows[uint8](r, out, n, step)
	}
}

// sortRows stores the orders of rows of n elements, each step elements apart in out.
func sortRows[T Number](r reduction, out []int64, n, step int) {
	row, order := make([]T, 0, n), make([]int64, n)
	sorted := func(x *elements[T]) []int64 {
		row = row[:0]
		for run := range x.runs {
			row = append(row, run...)
		}
		for i := range order {
			order[i] = int64(i)
		}
		slices.SortFunc(order, func(i, j int64) int {
			if c := rising(row[i], row[j]); c != 0 {
				return c
			}
			return cmp.Compare(i, j)
		})
		return order
	}
	reduce(Threads{}, r, sorted, func(pos int, order []int64) {
		for i, place := range order {
			out[pos+i*step] = place
		}
	})
}

// rising compares numbers, NaN behind all others.
func rising[T Number](x, y T) int {
	switch {
	case x < y || x == x && y != y:
		return -1
	case x > y || x != x && y == y:
		return 1
	default:
		return 0
	}
}
