package memory

import (
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
)

// Checked is an allocator for tests that remembers who allocated what and did
// not release it. It may be used from several goroutines.
type Checked struct {
	inner Allocator
	mu    sync.Mutex
	next  int
	live  map[int]string // by order of allocation: size and stack
}

// NewChecked returns a Checked that allocates from a.
func NewChecked(a Allocator) *Checked {
	return &Checked{inner: a, live: map[int]string{}}
}

// Alloc allocates from the inner allocator and keeps the caller's stack until
// the buffer's last release. The bytes are overwritten then, so that whoever
// still reads them through an old slice gets wrong values at once, and before, up
// to 64 MiB of them, so that nobody relies on zeros: as floats they are NaN.
func (c *Checked) Alloc(n, align int) (Buffer, error) {
	b, err := c.inner.Alloc(n, align)
	if err == nil && n <= 64<<20 {
		fill(b.Bytes(), 0xff)
	}
	return c.keep(b, err)
}

// AllocZeroed is Alloc for bytes that are zero.
func (c *Checked) AllocZeroed(n, align int) (Buffer, error) {
	return c.keep(AllocZeroed(c.inner, n, align))
}

func (c *Checked) keep(b Buffer, err error) (Buffer, error) {
	if err != nil {
		return Buffer{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.next
	c.next++
	c.live[id] = fmt.Sprintf("%d bytes allocated at\n%s", b.Len(), debug.Stack())
	free := func() {
		c.mu.Lock()
		delete(c.live, id)
		c.mu.Unlock()
		fill(b.Bytes(), 0xdb)
		b.Release()
	}
	return newBuffer(b.Bytes(), &region{free: free, sparse: b.Sparse}), nil
}

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}

// Leaks describes the buffers that have not been released, oldest first: their
// sizes and the stacks that allocated them.
func (c *Checked) Leaks() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var leaks []string
	for _, id := range slices.Sorted(maps.Keys(c.live)) {
		leaks = append(leaks, c.live[id])
	}
	return leaks
}
