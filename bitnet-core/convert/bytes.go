package convert

import "unsafe"

// A Number is a Go type whose values are elements of a plain type.
type Number interface {
	~float32 | ~float64 | ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

// Bytes returns the memory of x, without a copy.
func Bytes[T Number](x []T) []byte {
	var zero T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*int(unsafe.Sizeof(zero)))
}

// View returns the numbers that b holds, without a copy. It is false if b is no whole
// number of them or begins at an address that is no multiple of their size.
func View[T Number](b []byte) ([]T, bool) {
	var zero T
	size := unsafe.Sizeof(zero)
	if uintptr(len(b))%size != 0 || uintptr(unsafe.Pointer(unsafe.SliceData(b)))%size != 0 {
		return nil, false
	}
	return numbers[T](b), true
}

// numbers is View at any address.
func numbers[T Number](b []byte) []T {
	var zero T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(zero)))
}
