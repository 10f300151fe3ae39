package pool

import (
	"math/bits"
	"sync"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// A slab is a run of blocks of one class. Free blocks are with the slab or in the
// magazine of some processor. The class' lock guards it, but for requested, whose
// elements belong to whoever holds the block.
type slab struct {
	class *class
	span  *memory.Span
	base  unsafe.Pointer
	size  int  // of a block
	apart uint // a block's number, in span and requested, is its index shifted by this
	data  []byte

	requested []uint32 // by the number of a block: what was asked for
	free      bitmap   // blocks at home
	atHome    int
	blocks    int

	region     *region
	granule    int   // in the region
	next, prev *slab // in the class' list of slabs with free blocks
}

// A class hands out the blocks of one size.
type class struct {
	pool     *Pool
	index    int
	size     int
	magazine int // capacity of a processor's magazine

	mu      sync.Mutex
	partial *slab // slabs with blocks at home; those with the fewest come first, roughly
	target  *slab // of those, the one that Compact moves blocks to
	empty   int   // of those, slabs with all blocks at home
	slabs   int
	out     int // blocks that are not at home
}

// A block is a free block of a slab.
type block struct {
	slab  *slab
	index uint32
}

func (c *class) newSlab() (*slab, error) {
	bytes := slabBytes(c.size)
	n := bytes / c.size
	// Magazines refer to a slab's memory only through this, so the Go heap has to
	// hold 12 bytes and a bit for each block, 192 for a large one.
	s := &slab{
		class: c, size: c.size, apart: apart(c.size), blocks: n, atHome: n,
		free: newBitmap(n),
	}
	s.requested = make([]uint32, n<<s.apart)
	s.span = memory.NewSpan(s, n<<s.apart)
	s.free.fill(0, n)
	p := c.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	align := max(granulesOf(min(alignment(c.size), 1<<20)), 1)
	r, g, err := p.takeLocked(granulesOf(bytes), align)
	if err != nil {
		return nil, err
	}
	r.commit(g, granulesOf(bytes))
	r.asked[g] = -1
	r.slabs[g] = s
	s.region, s.granule = r, g
	s.data = r.bytes(g, granulesOf(bytes))
	s.base = unsafe.Pointer(&s.data[0])
	p.metadata += s.metadata()
	return s, nil
}

// home returns how many blocks are at home. The caller must not hold the pool's lock.
func (s *slab) home() int {
	s.class.mu.Lock()
	defer s.class.mu.Unlock()
	return s.atHome
}

// releaseSlab returns an empty slab to its region.
func (c *class) releaseSlab(s *slab) {
	p := c.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(s.region.slabs, s.granule)
	p.metadata -= s.metadata()
	p.releaseLocked(s.region, s.granule)
}

// get moves up to len(to) free blocks out of slabs, making one if there is none,
// and returns how many.
func (c *class) get(to []block) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for n < len(to) {
		s := c.partial
		if s == nil {
			if n > 0 {
				break
			}
			var err error
			if s, err = c.newSlab(); err != nil {
				return 0, err
			}
			c.slabs++
			c.empty++
			c.insert(s)
		}
		if s.atHome == s.blocks {
			c.empty--
		}
		for w := range s.free {
			for s.free[w] != 0 && n < len(to) {
				i := bits.TrailingZeros64(s.free[w])
				s.free[w] &= s.free[w] - 1
				to[n] = block{s, uint32(w<<6 + i)}
				n++
				s.atHome--
			}
		}
		if s.atHome == 0 {
			c.remove(s)
		}
	}
	c.out += n
	return n, nil
}

// put takes blocks home. Slabs that are whole again go back to their region, but for
// one.
func (c *class) put(blocks []block) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out -= len(blocks)
	for _, b := range blocks {
		s := b.slab
		s.free.set(int(b.index))
		if s.atHome++; s.atHome == 1 {
			c.insert(s)
		}
		if s.atHome < s.blocks {
			continue
		}
		if c.empty > 0 {
			c.discardSlab(s)
		} else {
			c.empty++
		}
	}
}

// trim returns all slabs that are empty.
func (c *class) trim() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for s := c.partial; s != nil; {
		next := s.next
		if s.atHome == s.blocks {
			c.empty--
			c.discardSlab(s)
			n++
		}
		s = next
	}
	return n
}

func (c *class) discardSlab(s *slab) {
	c.remove(s)
	c.slabs--
	c.releaseSlab(s)
}

func (c *class) insert(s *slab) {
	s.next, s.prev = c.partial, nil
	if s.next != nil {
		s.next.prev = s
	}
	c.partial = s
}

func (c *class) remove(s *slab) {
	if c.target == s {
		c.target = nil
	}
	if s.prev != nil {
		s.prev.next = s.next
	} else {
		c.partial = s.next
	}
	if s.next != nil {
		s.next.prev = s.prev
	}
	s.next, s.prev = nil, nil
}

// buffer begins a life of a free block.
func (b block) buffer(n int) memory.Buffer {
	s := b.slab
	number := b.index << s.apart
	storePrivate(&s.requested[number], uint32(n))
	at := unsafe.Add(s.base, int(b.index)*s.size)
	return s.span.Buffer(int(number), unsafe.Slice((*byte)(at), n))
}

// Free implements [memory.Owner].
func (s *slab) Free(number int) {
	b := block{s, uint32(number) >> s.apart}
	p := s.class.pool
	one := p.caches.of(p.caches.pin())
	if one != nil {
		m := &one.magazines[s.class.index]
		if k := int(m.count.Load()); uint(k) < uint(len(m.items)) {
			m.items[k] = b
			add(&m.count, 1)
			p.caches.unpin(one)
			return
		}
	}
	p.caches.unpin(one)
	p.freeSmall(b)
}

// askedLive returns the bytes asked for by the buffers that are held.
func (s *slab) askedLive() (n int64) {
	for number := 0; number < len(s.requested); number += 1 << s.apart {
		if s.span.Live(number) {
			n += int64(loadPrivate(&s.requested[number]))
		}
	}
	return n
}

// apart keeps the counts of large blocks, of which a processor takes a few at a time, in
// cache lines of their own: two processors whose blocks are neighbours would wait for
// each other. Small blocks come in batches that fill some lines, and have no room to
// spare.
func apart(size int) uint {
	switch {
	case size >= 32<<10:
		return 4
	case size >= 16<<10:
		return 3
	case size >= 8<<10:
		return 2
	}
	return 0
}

func (s *slab) metadata() int64 {
	return int64(unsafe.Sizeof(*s)) + int64(s.blocks)<<s.apart*12 + int64(len(s.free))*8
}
