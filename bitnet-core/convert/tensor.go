package convert

import (
	"fmt"
	"slices"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// Tensor returns the elements of a contiguous tensor as type to, in memory of a. If that
// is the type they have, the result is t, retained, and nothing is moved. Either way the
// caller releases the result, and t remains as it is. Types that are not [Supported], rows
// that are no whole number of blocks and memory that is not to be had are errors. It panics
// if t is not contiguous.
func Tensor(a memory.Allocator, t *tensor.Tensor, to dtype.DType, o Options) (*tensor.Tensor, Report, error) {
	start := time.Now()
	if !t.Contiguous() {
		panic("convert: Tensor that is not contiguous")
	}
	if !Supported(to, t.DType()) {
		return nil, Report{}, unsupported(to, t.DType())
	}
	if to == t.DType() {
		return t.Retain(), Report{Elements: int64(t.Len())}, nil
	}
	size, err := sizeOf(t, to)
	if err != nil {
		return nil, Report{}, err
	}
	buf, err := a.Alloc(size, 0)
	if err != nil {
		return nil, Report{}, fmt.Errorf("convert: %v to %v: %w", t, to, err)
	}
	result, err := tensor.Of(buf, to, t.Shape()...)
	if err != nil {
		buf.Release()
		return nil, Report{}, err
	}
	r, err := Convert(result.Bytes(), t.Bytes(), to, t.DType(), o)
	if err != nil {
		buf.Release()
		return nil, Report{}, err
	}
	r.Time = time.Since(start)
	return result, r, nil
}

func sizeOf(t *tensor.Tensor, to dtype.DType) (int, error) {
	size, ok := to.TensorSize(t.Shape())
	if !ok || int64(int(size)) != size {
		elems, _ := to.Block()
		shape := t.Shape()
		row := 1 // of a single number
		if len(shape) > 0 {
			row = shape[len(shape)-1]
		}
		if row%elems != 0 {
			return 0, fmt.Errorf("convert: %v: rows of %d elements are no whole number of blocks of %v, which hold %d", t, row, to, elems)
		}
		return 0, fmt.Errorf("convert: %v is too large for %v", t, to)
	}
	return int(size), nil
}

// TensorInPlace converts the elements of a contiguous tensor where they are and returns
// them as a tensor in the front part of the same memory, which it retains: the caller
// releases the result, and t as before, and uses t no more, nor any other view of its
// memory. Errors are those of [InPlace], and then nothing has changed. It panics if t is
// not contiguous.
func TensorInPlace(t *tensor.Tensor, to dtype.DType) (*tensor.Tensor, Report, error) {
	if !t.Contiguous() {
		panic("convert: TensorInPlace that is not contiguous")
	}
	if !Supported(to, t.DType()) {
		return nil, Report{}, unsupported(to, t.DType())
	}
	if _, err := sizeOf(t, to); err != nil {
		return nil, Report{}, err
	}
	b, r, err := InPlace(t.Bytes(), to, t.DType())
	if err != nil {
		return nil, Report{}, err
	}
	result, err := over(t, b, to, t.Shape())
	return result, r, err
}

// over returns a tensor over b, a part of the memory of t, which it keeps alive.
func over(t *tensor.Tensor, b []byte, d dtype.DType, shape []int) (*tensor.Tensor, error) {
	t.Retain()
	buf := memory.NewBuffer(b, t.Release)
	result, err := tensor.Of(buf, d, shape...)
	if err != nil {
		buf.Release()
		return nil, err
	}
	return result, nil
}

// Bitcast returns the bytes of a contiguous tensor as elements of another type, plain, I4 or
// U4: nothing is moved or changed. If the sizes of the types differ, the last dimension does
// in inverse proportion. The result shares the memory of t and keeps it alive until the
// caller releases it. Other block types, BOOL as the result, whose bytes may only be 0 and 1, a
// last dimension that is no whole number of elements, and an address that does not suit them
// are errors. It panics if t is not contiguous.
func Bitcast(t *tensor.Tensor, to dtype.DType) (*tensor.Tensor, error) {
	if !t.Contiguous() {
		panic("convert: Bitcast of a tensor that is not contiguous")
	}
	from := t.DType()
	if !bare(to) || !bare(from) || to == dtype.Bool && from != dtype.Bool {
		return nil, fmt.Errorf("convert: the bytes of %v cannot be seen as %v", from, to)
	}
	fe, fb := from.Block()
	te, tb := to.Block()
	shape := slices.Clone(t.Shape())
	if fb*te != tb*fe {
		last := len(shape) - 1
		if last < 0 || shape[last]/fe*fb%tb != 0 {
			return nil, fmt.Errorf("convert: the rows of %v are no whole number of %v", t, to)
		}
		shape[last] = shape[last] / fe * fb / tb * te
	}
	return over(t, t.Bytes(), to, shape)
}

// bare reports whether d is numbers and nothing else.
func bare(d dtype.DType) bool { return d.Plain() || halves(d) }
