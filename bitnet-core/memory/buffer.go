package memory

import (
	"unsafe"
)

// A Buffer is a reference to a region of bytes, or the zero Buffer, which refers to
// nothing. It is a small value, copied freely: copies are the same reference. See
// the package documentation for who releases it.
type Buffer struct {
	// Four words: the compiler keeps a struct of more fields in memory, and copying it
	// after its parts were written stalls for longer than all the rest takes.
	span *Span
	data unsafe.Pointer
	len  int
	life life
}

// A life is a block's generation<<32 | its number in the span.
type life uint64

func newLife(generation uint32, block int) life {
	return life(generation)<<32 | life(uint32(block))
}

func (l life) block() int { return int(uint32(l)) }

func (l life) generation() uint32 { return uint32(l >> 32) }

// NewBuffer returns a Buffer with one reference to data. free runs once, when
// the last reference is released, and returns the region to where it came from;
// it may be nil. It is the simple way for allocators outside this package to make
// buffers; [NewSpan] is the one that allocates nothing.
func NewBuffer(data []byte, free func()) Buffer {
	return newBuffer(data, &region{free: free})
}

// A region is the owner of a Span of one block.
type region struct {
	span   Span
	state  [1]state
	free   func()            // nil if there is nothing to do
	forget func(part []byte) // nil if the bytes have no other home
	sparse func()            // nil if pages are not the region's own
}

func newBuffer(data []byte, r *region) Buffer {
	r.span = Span{owner: r, states: r.state[:]}
	return r.span.Buffer(0, data)
}

func (r *region) Free(int) {
	if r.free != nil {
		r.free()
	}
}

func (r *region) Forget(_ int, part []byte) {
	if r.forget != nil {
		r.forget(part)
	}
}

func (r *region) Sparse(int, []byte) {
	if r.sparse != nil {
		r.sparse()
	}
}

// Wrap returns a Buffer over bytes that the caller owns, such as an embedded
// file. Releasing it does nothing to them.
func Wrap(b []byte) Buffer { return NewBuffer(b, nil) }

// IsZero reports whether b refers to nothing.
func (b Buffer) IsZero() bool { return b.span == nil }

// Bytes returns the region, nil for the zero Buffer. The slice is valid until the
// buffer's last reference is released; it is read-only memory if the buffer came
// from [MapFile].
func (b Buffer) Bytes() []byte {
	if b.span == nil {
		return nil
	}
	if !b.state().held(b.life.generation()) {
		b.fault("memory: Buffer.Bytes after the last Release")
	}
	return b.bytes()
}

func (b Buffer) bytes() []byte { return unsafe.Slice((*byte)(b.data), b.len) }

// Len returns the length of the region in bytes.
func (b Buffer) Len() int { return b.len }

// Forget tells the system that part is not needed soon, if it is a part of b and
// b is a mapped file: its pages leave this process and are read again, from the
// file or its cache, when touched. Otherwise it does nothing. The bytes stay
// valid.
func (b Buffer) Forget(part []byte) {
	if len(part) == 0 || b.len == 0 {
		return
	}
	at, first := uintptr(unsafe.Pointer(&part[0])), uintptr(b.data)
	if at < first || at-first+uintptr(len(part)) > uintptr(b.len) {
		return
	}
	if f, ok := b.span.owner.(Forgetter); ok {
		f.Forget(b.life.block(), part)
	}
}

// Sparse tells the system, before the bytes are touched, that large parts of them
// may never be: their pages come small and one by one, where otherwise the first
// byte brings 2 MiB of zeros. It does nothing for memory whose pages are not the
// process' own.
func (b Buffer) Sparse() {
	if b.span == nil {
		return
	}
	if s, ok := b.span.owner.(Sparser); ok {
		s.Sparse(b.life.block(), b.Bytes())
	}
}

// Owner returns who takes the memory back: allocators know their own.
func (b Buffer) Owner() Owner {
	if b.span == nil {
		return nil
	}
	return b.span.owner
}

// Retain adds a reference and returns b.
func (b Buffer) Retain() Buffer {
	if !b.state().add(b.life.generation(), oneHandle) {
		b.fault("memory: Buffer.Retain after the last Release")
	}
	return b
}

// Shared reports whether anybody else holds the bytes too: by another reference to b,
// or b is a slice, by one to what it is a slice of or to another slice of that. If it
// is false it stays so until the caller, who holds the only reference, makes another.
func (b Buffer) Shared() bool {
	w := b.state().word.Load()
	if !b.state().held(b.life.generation()) {
		b.fault("memory: Buffer.Shared after the last Release")
	}
	if w&countMask != oneHandle {
		return true
	}
	for s, ok := b.span.owner.(*slice); ok; s, ok = s.of.span.owner.(*slice) {
		if s.of.state().word.Load()&countMask != oneSlice {
			return true
		}
	}
	return false
}

// seize takes the only reference away from all copies of b and returns it. It is not
// ok if there are others; restore undoes it.
func (b Buffer) seize() (seized Buffer, ok bool) {
	if b.Shared() {
		return Buffer{}, false
	}
	next, ok := b.state().seize(b.life.generation())
	seized = b
	seized.life = newLife(next, b.life.block())
	return seized, ok
}

func (b Buffer) restore() { b.state().restore() }

// Release drops a reference. The last one frees the region, once no slice of it
// is held either.
func (b Buffer) Release() {
	last, ok := b.state().drop(b.life.generation(), oneHandle)
	if !ok {
		b.fault("memory: Buffer.Release more often than Retain")
	}
	if last {
		traceEnd(b.span, b.life.block())
		b.span.owner.Free(b.life.block())
	}
}

// Slice returns a Buffer over n bytes from off on. It shares the memory and
// keeps it alive: the caller releases it like any other. It allocates a little on
// the Go heap: its references are counted by themselves.
func (b Buffer) Slice(off, n int) Buffer {
	if off < 0 || n < 0 || off > b.len || n > b.len-off {
		panic("memory: Buffer.Slice out of range")
	}
	if !b.state().add(b.life.generation(), oneSlice) {
		b.fault("memory: Buffer.Slice after the last Release")
	}
	s := &slice{of: b}
	s.span = Span{owner: s, states: s.state[:]}
	return s.span.Buffer(0, b.bytes()[off:off+n])
}

// A slice is the owner of a part of another buffer, which it keeps alive.
type slice struct {
	span  Span
	state [1]state
	of    Buffer
}

func (s *slice) Free(int) {
	b := s.of
	if last, _ := b.state().drop(b.life.generation(), oneSlice); last {
		traceEnd(b.span, b.life.block())
		b.span.owner.Free(b.life.block())
	}
}

func (s *slice) Forget(_ int, part []byte) { s.of.Forget(part) }

func (b Buffer) state() *state {
	if b.span == nil {
		panic("memory: the zero Buffer has no references")
	}
	return &b.span.states[b.life.block()]
}

// fault panics with what is known of the block's life.
func (b Buffer) fault(message string) {
	panic(message + traceOf(b.span, b.life.block()))
}

func unsafeData(b []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(b)) }
