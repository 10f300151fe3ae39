package memory

import (
	"sync/atomic"
	"unsafe"
)

// A Buffer is a counted reference to a region of bytes. See the package
// documentation for who releases it.
type Buffer struct {
	data   []byte
	refs   atomic.Int64
	region *region
}

// A region is memory that one or more Buffers show parts of. It is freed when
// the last of them has no references left.
type region struct {
	buffers atomic.Int64
	free    func()            // nil if there is nothing to do
	forget  func(part []byte) // nil if the bytes have no other home
	sparse  func()            // nil if pages are not the region's own
}

// NewBuffer returns a Buffer with one reference to data. free runs once, when
// the last reference is released, and returns the region to where it came from;
// it may be nil. It is how allocators outside this package make buffers.
func NewBuffer(data []byte, free func()) *Buffer {
	return newBuffer(data, &region{free: free})
}

func newBuffer(data []byte, r *region) *Buffer {
	b := &Buffer{data: data[:len(data):len(data)], region: r}
	b.refs.Store(1)
	r.buffers.Add(1)
	return b
}

// Wrap returns a Buffer over bytes that the caller owns, such as an embedded
// file. Releasing it does nothing to them.
func Wrap(b []byte) *Buffer { return NewBuffer(b, nil) }

// Bytes returns the region. The slice is valid until the buffer's last
// reference is released; it is read-only memory if the buffer came from
// [MapFile].
func (b *Buffer) Bytes() []byte {
	if b.refs.Load() <= 0 {
		panic("memory: Buffer.Bytes after the last Release")
	}
	return b.data
}

// Len returns the length of the region in bytes.
func (b *Buffer) Len() int { return len(b.data) }

// Forget tells the system that part is not needed soon, if it is a part of b and
// b is a mapped file: its pages leave this process and are read again, from the
// file or its cache, when touched. Otherwise it does nothing. The bytes stay
// valid.
func (b *Buffer) Forget(part []byte) {
	if b.region.forget == nil || len(part) == 0 || len(b.data) == 0 {
		return
	}
	first := uintptr(unsafe.Pointer(&b.data[0]))
	at := uintptr(unsafe.Pointer(&part[0]))
	if at >= first && at-first+uintptr(len(part)) <= uintptr(len(b.data)) {
		b.region.forget(part)
	}
}

// Sparse tells the system, before the bytes are touched, that large parts of them
// may never be: their pages come small and one by one, where otherwise the first
// byte brings 2 MiB of zeros. It does nothing for memory that is not from [Mapped].
func (b *Buffer) Sparse() {
	if b.region.sparse != nil {
		b.region.sparse()
	}
}

// Retain adds a reference and returns b.
func (b *Buffer) Retain() *Buffer {
	if b.refs.Add(1) <= 1 {
		panic("memory: Buffer.Retain after the last Release")
	}
	return b
}

// Release drops a reference. The last one frees the region, once no slice of it
// is held either.
func (b *Buffer) Release() {
	switch n := b.refs.Add(-1); {
	case n > 0:
		return
	case n < 0:
		panic("memory: Buffer.Release more often than Retain")
	}
	if b.region.buffers.Add(-1) == 0 && b.region.free != nil {
		b.region.free()
	}
}

// Slice returns a Buffer over n bytes from off on. It shares the memory and
// keeps it alive: the caller releases it like any other.
func (b *Buffer) Slice(off, n int) *Buffer {
	if off < 0 || n < 0 || off > len(b.data) || n > len(b.data)-off {
		panic("memory: Buffer.Slice out of range")
	}
	return newBuffer(b.Bytes()[off:off+n], b.region)
}
