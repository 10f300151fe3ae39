// Package aligned allocates slices that begin on a cache line, which is also the
// width of the widest vector register: a vector load from such a slice at a
// multiple of 64 bytes touches one line only.
package aligned

import "unsafe"

// Line is the alignment in bytes.
const Line = 64

// Make returns a zeroed slice of n elements whose first element lies at a
// multiple of [Line] bytes. The element type must hold no pointers and its size
// must divide Line.
func Make[T ~int8 | ~uint8 | ~int32 | ~float32](n int) []T {
	if n == 0 {
		return nil
	}
	var zero T
	size := int(unsafe.Sizeof(zero))
	all := make([]T, n+Line/size-1)
	skip := 0
	if rest := int(uintptr(unsafe.Pointer(unsafe.SliceData(all))) % Line); rest != 0 {
		skip = (Line - rest) / size
	}
	return all[skip : skip+n : skip+n]
}
