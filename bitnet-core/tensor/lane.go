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

// A half converts a 16-bit floating-point type.
type half struct {
	widen  func(dst []float32, src []uint16)
	narrow func(dst []uint16, src []float32)
}

// halfOf is the zero half for other types.
func halfOf(d dtype.DType) half {
	switch d {
	case dtype.F16:
		return half{dtype.F16sToF32, dtype.F32sToF16}
	case dtype.BF16:
		return half{dtype.BF16sToF32, dtype.F32sToBF16}
	}
	return half{}
}

// A lane is one tensor of a walk: its elements as runs of T. Where they lie next
// to each other a run is their memory, else a copy. F16 and BF16 are runs of
// float32, and T is that.
type lane[T Number] struct {
	direct []T
	bits   []uint16 // instead of direct
	half   half     // of bits
	stride int
	copied []T      // made when needed
	strung []uint16 // so is this: elements of bits that are not next to each other
}

func newLane[T Number](t *Tensor, stride int) *lane[T] {
	l := &lane[T]{stride: stride, half: halfOf(t.dtype)}
	if l.halves() {
		l.bits = values[uint16](t)
	} else {
		l.direct = values[T](t)
	}
	return l
}

// halves reports whether elements are of 16 bits.
func (l *lane[T]) halves() bool { return l.half.widen != nil }

// out returns memory for the n results that belong at pos. keep brings them there.
func (l *lane[T]) out(pos, n int) []T {
	if l.stride == 1 && !l.halves() {
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
	case l.halves():
		l.half.widen(asFloats(x), gather(l.room(pos, n), l.bits[pos:], l.stride))
	default:
		gather(x, l.direct[pos:], l.stride)
	}
	return x
}

// keep stores the results that were written to what out returned.
func (l *lane[T]) keep(pos int, x []T) {
	switch {
	case len(x) == 0:
	case l.halves():
		bits := l.room(pos, len(x))
		l.half.narrow(bits, asFloats(x))
		scatter(l.bits[pos:], bits, l.stride)
	default:
		scatter(l.direct[pos:], x, l.stride)
	}
}

// room returns n elements of bits from pos on, or memory for them if they are not
// next to each other.
func (l *lane[T]) room(pos, n int) []uint16 {
	if l.stride == 1 {
		return l.bits[pos : pos+n]
	}
	if len(l.strung) < n {
		l.strung = make([]uint16, n)
	}
	return l.strung[:n]
}

// gather sets dst[i] = src[i·stride] and returns dst, which is src if stride is 1.
func gather[T Number](dst, src []T, stride int) []T {
	switch stride {
	case 1:
	case 0:
		v := src[0]
		for i := range dst {
			dst[i] = v
		}
	default:
		for i := range dst {
			dst[i] = src[i*stride]
		}
	}
	return dst
}

// scatter sets dst[i·stride] = src[i]; src is dst if stride is 1.
func scatter[T Number](dst, src []T, stride int) {
	if stride != 1 {
		for i, v := range src {
			dst[i*stride] = v
		}
	}
}

// asFloats returns the elements of a lane of 16-bit types as what they are.
func asFloats[T Number](x []T) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}
