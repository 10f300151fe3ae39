package track

import (
	"sync"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// A shard has a part of the live buffers and of every number.
type shard struct {
	mu       sync.Mutex
	tracker  *Tracker
	index    uint64
	serial   uint64 // allocations so far
	free     *record
	cells    []cell // by account
	chunks   []*chunk
	sizes    histogram // of allocations, bytes
	lives    histogram // of buffers that were released, nanoseconds
	sites    siteTable
	timeline ring
}

// A record is what is known of a live buffer, or is unused.
type record struct {
	inner  memory.Buffer
	next   *record // unused: the next one
	chunk  *chunk
	block  uint32 // index in the chunk
	device uint32 // account
	row    uint32 // account; 0 if unused
	site   uint32 // where it was allocated: index in the shard's table
	birth  int64  // nanoseconds since the tracker was made
	id     uint64
}

const chunkRecords = 256

// A chunk owns the tracker's buffers of its records.
type chunk struct {
	shard   *shard
	span    *memory.Span
	records [chunkRecords]record
}

// begin makes a record and counts its allocation. It wants s.mu and room.
func (s *shard) begin(v *view, inner memory.Buffer, now int64) *record {
	r := s.free
	if r == nil {
		r = s.grow()
	}
	s.free = r.next
	s.serial++
	r.inner, r.next = inner, nil
	r.device, r.row = v.account, v.row
	r.birth = now
	r.id = s.serial*uint64(len(s.tracker.shards)) + s.index
	n := int64(inner.Len())
	s.cells[totalAccount].begin(n)
	s.cells[v.account].begin(n)
	s.cells[v.row].begin(n)
	return r
}

// grow returns the first of a list of unused records.
func (s *shard) grow() *record {
	c := &chunk{shard: s}
	c.span = memory.NewSpan(c, chunkRecords)
	var next *record
	for i := chunkRecords - 1; i >= 0; i-- {
		r := &c.records[i]
		r.chunk, r.block, r.next = c, uint32(i), next
		next = r
	}
	s.chunks = append(s.chunks, c)
	return next
}

// Free ends a record's life, and then the inner buffer's.
func (c *chunk) Free(block int) {
	s := c.shard
	level := s.tracker.options.Level
	var now int64
	if level >= Standard {
		now = s.tracker.now()
	}
	r := &c.records[block]
	inner := r.inner
	n := int64(inner.Len())
	s.mu.Lock()
	s.cells[totalAccount].end(n)
	s.cells[r.device].end(n)
	s.cells[r.row].end(n)
	if level >= Standard {
		s.lives.add(uint64(max(now-r.birth, 0)))
	}
	if level == Detailed {
		s.sites.sites[r.site].end(n)
		s.timeline.put(r, now, true, s.tracker.options.Events)
	}
	r.inner, r.row = memory.Buffer{}, 0
	r.next, s.free = s.free, r
	s.mu.Unlock()
	inner.Release()
}

// Forget passes to the inner buffer, which the caller of the tracker's one keeps alive.
func (c *chunk) Forget(block int, part []byte) { c.records[block].inner.Forget(part) }

// Sparse passes to the inner buffer.
func (c *chunk) Sparse(block int, _ []byte) { c.records[block].inner.Sparse() }

// eachLive calls f for every live record. It wants s.mu.
func (s *shard) eachLive(f func(*record)) {
	for _, c := range s.chunks {
		for i := range c.records {
			if r := &c.records[i]; r.row != 0 {
				f(r)
			}
		}
	}
}
