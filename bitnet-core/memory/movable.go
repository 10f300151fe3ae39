package memory

// A Movable is memory whose owner does not mind if it moves while nobody works with
// it, so that an allocator can close the gaps that long-lived memory leaves. Its bytes
// are reached between Pin and Unpin only.
type Movable interface {
	// Pin returns the bytes, which stay where they are until Unpin is called as often
	// as Pin. It panics after Release.
	Pin() []byte
	Unpin()
	// Len returns the size in bytes.
	Len() int
	// Sparse is [Buffer.Sparse], for wherever the bytes are.
	Sparse()
	// Release frees the memory, which nobody may have pinned.
	Release()
}

// A MovableAllocator is an [Allocator] that can move what it allocated.
type MovableAllocator interface {
	Allocator
	// AllocMovable returns n zeroed bytes at a multiple of align.
	AllocMovable(n, align int) (Movable, error)
}

// AllocMovable returns n zeroed bytes of a, which move if a can do that and stay where
// they are otherwise.
func AllocMovable(a Allocator, n, align int) (Movable, error) {
	if m, ok := a.(MovableAllocator); ok {
		return m.AllocMovable(n, align)
	}
	b, err := AllocZeroed(a, n, align)
	if err != nil {
		return nil, err
	}
	return Fixed(b), nil
}

// Fixed returns b as a Movable that never moves. It takes over the reference.
func Fixed(b Buffer) Movable { return fixed{b} }

type fixed struct{ Buffer }

func (f fixed) Pin() []byte { return f.Bytes() }

func (fixed) Unpin() {}
