package tensor

import (
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

type float interface{ float32 | float64 }

type signed interface{ int8 | int16 | int32 | int64 }

type unsigned interface {
	uint8 | uint16 | uint32 | uint64
}

// A Number is the Go type of the elements of a plain tensor. Those of Bool are uint8,
// 0 or 1; F16 and BF16 have no Go type, and [Values] gives their bits as uint16.
type Number interface {
	float32 | float64 | int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
}

// typeOf is the type of T's tensors.
func typeOf[T Number]() dtype.DType {
	switch any(T(0)).(type) {
	case float32:
		return dtype.F32
	case float64:
		return dtype.F64
	case int8:
		return dtype.I8
	case int16:
		return dtype.I16
	case int32:
		return dtype.I32
	case int64:
		return dtype.I64
	case uint8:
		return dtype.U8
	case uint16:
		return dtype.U16
	case uint32:
		return dtype.U32
	default:
		return dtype.U64
	}
}

// values returns the memory of t from its first element to its last.
func values[T Number](t *Tensor) []T {
	_, span := t.place()
	if span == 0 {
		return nil
	}
	_, size := t.dtype.Block()
	b := t.buf.Bytes()[t.base+t.off*size:]
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), span/size)
}

// A lane is one tensor of a walk: its elements as runs of T. Where they lie next
// to each other a run is their memory, else a copy. F16 and BF16 are runs of
// float32.
type lane[T Number] struct {
	direct []T
	half   []uint16 // instead of direct
	decode func(uint16) float32
	encode func(float32) uint16
	stride int
	copied []T // made when needed
}

func newLane[T Number](t *Tensor, stride int) *lane[T] {
	l := &lane[T]{stride: stride}
	switch t.dtype {
	case dtype.F16:
		l.half, l.decode, l.encode = values[uint16](t), dtype.F16ToF32, dtype.F32ToF16
	case dtype.BF16:
		l.half, l.decode, l.encode = values[uint16](t), dtype.BF16ToF32, dtype.F32ToBF16
	default:
		l.direct = values[T](t)
	}
	return l
}

// out returns memory for the n results that belong at pos. keep brings them there.
func (l *lane[T]) out(pos, n int) []T {
	if l.stride == 1 && l.decode == nil {
		return l.direct[pos : pos+n : pos+n]
	}
	if len(l.copied) < n {
		l.copied = make([]T, n)
	}
	return l.copied[:n]
}

// in returns the n elements from pos on, which must not be written.
func (l *lane[T]) in(pos, n int) []T {
	x := l.out(pos, n)
	switch {
	case n == 0:
	case l.decode != nil:
		for i := range x {
			x[i] = T(l.decode(l.half[pos+i*l.stride]))
		}
	case l.stride == 0:
		v := l.direct[pos]
		for i := range x {
			x[i] = v
		}
	case l.stride != 1:
		src := l.direct[pos:]
		for i := range x {
			x[i] = src[i*l.stride]
		}
	}
	return x
}

// keep stores the results that were written to what out returned.
func (l *lane[T]) keep(pos int, x []T) {
	switch {
	case l.decode != nil:
		for i, v := range x {
			l.half[pos+i*l.stride] = l.encode(float32(v))
		}
	case l.stride != 1:
		dst := l.direct[pos:]
		for i, v := range x {
			dst[i*l.stride] = v
		}
	}
}
