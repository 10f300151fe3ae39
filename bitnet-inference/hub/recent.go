package hub

import (
	"slices"
	"sync"
)

// blockSize is how much a worker reads before it hands it on: a piece that stays in the second-level cache.
const blockSize = 256 << 10

// mostKept is how much of blocks is kept in memory for the follower at most, however large the parts are.
const mostKept = 64 << 20

// A block is bytes of the file that have just been written to it, from a place on.
type block struct {
	data []byte // up to its capacity
	from int64
	old  bool // not all of them were written: of some the file has what was there before
}

// room is where the next bytes go, most of them at most.
func (b *block) room(most int64) []byte {
	return b.data[len(b.data) : len(b.data)+int(min(int64(cap(b.data)-len(b.data)), most))]
}

func (b *block) full() bool { return len(b.data) == cap(b.data) }

func (b *block) end() int64 { return b.from + int64(len(b.data)) }

// recent are blocks that the follower has not come to yet, so that it need not read them back. There are limit of
// them at most; what finds no place is read back.
type recent struct {
	mu     sync.Mutex
	blocks []*block
	free   []*block
	limit  int
	size   int // of a block
}

// start returns a block for the bytes from a place on.
func (r *recent) start(from int64) *block {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := &block{}
	if n := len(r.free); n > 0 {
		b, r.free = r.free[n-1], r.free[:n-1] // the one used last, which is still in a cache
	} else {
		b.data = make([]byte, 0, r.size)
	}
	b.from = from
	return b
}

// keep takes a block that has been written.
func (r *recent) keep(b *block) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(b.data) == 0 || b.old || len(r.blocks) >= r.limit {
		r.release(b)
		return
	}
	r.blocks = append(r.blocks, b)
}

// take returns the block that has the byte at a place. If there is none, next is where the first block after it
// begins, or end. Blocks before it are of no use any more.
func (r *recent) take(at, end int64) (found *block, next int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	next = end
	r.blocks = slices.DeleteFunc(r.blocks, func(b *block) bool {
		switch {
		case b.end() <= at:
			r.release(b)
		case b.from <= at && found == nil:
			found = b
		case b.from <= at: // written twice
			r.release(b)
		default:
			next = min(next, b.from)
			return false
		}
		return true
	})
	return found, next
}

// give returns a block that was taken.
func (r *recent) give(b *block) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.release(b)
}

func (r *recent) release(b *block) {
	b.data, b.old = b.data[:0], false
	r.free = append(r.free, b)
}
