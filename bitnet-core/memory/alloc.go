package memory

import (
	"fmt"
	"math"
	"unsafe"
)

// DefaultAlign is the alignment, in bytes, that an align of 0 asks for: a cache
// line, and the width of an AVX-512 register.
const DefaultAlign = 64

// An Allocator makes buffers.
type Allocator interface {
	// Alloc returns n bytes at an address that is a multiple of align: a power of
	// two, or 0 for DefaultAlign. What they hold is undefined; [AllocZeroed] clears
	// them. Memory that is not to be had is an error; a negative n or another align
	// panics.
	Alloc(n, align int) (Buffer, error)
}

// A ZeroAllocator is an [Allocator] that knows which of its memory is zero already.
type ZeroAllocator interface {
	Allocator
	AllocZeroed(n, align int) (Buffer, error)
}

// AllocZeroed returns n zeroed bytes of a.
func AllocZeroed(a Allocator, n, align int) (Buffer, error) {
	if z, ok := a.(ZeroAllocator); ok {
		return z.AllocZeroed(n, align)
	}
	b, err := a.Alloc(n, align)
	if err != nil {
		return Buffer{}, err
	}
	clear(b.Bytes())
	return b, nil
}

// A Tagger is an [Allocator] that accounts by purpose.
type Tagger interface {
	Allocator
	// Tagged returns an allocator of the same memory whose buffers are accounted
	// under tag.
	Tagged(tag string) Allocator
}

// Tagged returns a for buffers that serve the purpose tag, such as "kv cache": by
// itself, unless it is a [Tagger].
func Tagged(a Allocator, tag string) Allocator {
	if t, ok := a.(Tagger); ok {
		return t.Tagged(tag)
	}
	return a
}

// Heap returns the allocator of the Go heap. Its buffers are reclaimed by the
// garbage collector, released or not. As with make, a request that the system cannot
// meet ends the program: sizes that come from outside are for [Mapped] or a pool.
func Heap() Allocator { return heap{} }

type heap struct{}

func (h heap) AllocZeroed(n, align int) (Buffer, error) { return h.Alloc(n, align) }

func (heap) Alloc(n, align int) (Buffer, error) {
	align = checkRequest(n, align)
	if n > maxRequest-align {
		return Buffer{}, tooLarge(n)
	}
	data := make([]byte, n+align-1)
	off := misalignment(data, align)
	return NewBuffer(data[off:off+n], nil), nil
}

// maxRequest is more than any machine has: a request beyond it is a mistake or a
// lie of some file, and make would panic on it.
const maxRequest = min(math.MaxInt/2, 1<<46)

func tooLarge(n int) error {
	return fmt.Errorf("memory: %d bytes are more than this machine can address", n)
}

// checkRequest returns align with its default.
func checkRequest(n, align int) int {
	if n < 0 {
		panic("memory: Alloc negative size")
	}
	if align == 0 {
		return DefaultAlign
	}
	if align < 0 || align&(align-1) != 0 {
		panic("memory: Alloc alignment is no power of two")
	}
	return align
}

// misalignment returns the number of bytes to skip so that b begins at a
// multiple of align.
func misalignment(b []byte, align int) int {
	addr := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	return int(-addr & uintptr(align-1))
}
