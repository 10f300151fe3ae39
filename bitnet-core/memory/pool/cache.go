package pool

import (
	"sync/atomic"
	"unsafe"
)

// A cache is what one processor keeps to itself: for every class a magazine of free
// blocks, so that most allocations and releases meet nobody.
type cache struct {
	magazines [classes]magazine
	exclusion           //nolint:unused // by pinning, but for the race detector
	_         [128]byte // the next cache is another processor's
}

// A magazine is a stack of free blocks. Its two counters are all that a pair of
// allocation and release writes to the cache beside the block itself: whatever else
// is to be known is computed when somebody asks (see Stats).
type magazine struct {
	items []block      // of full length, nil before the class is used
	count atomic.Int64 // of those, blocks that are there
	made  atomic.Int64 // allocations so far
}

func ptr(p *atomic.Int64) unsafe.Pointer { return unsafe.Pointer(p) }

// batch is the most blocks that move between a magazine and its slabs at once.
const batch = 64

// allocSmall allocates a block when the magazine has none.
func (p *Pool) allocSmall(class int) (block, error) {
	c := &p.classes[class]
	var got [batch]block
	want := max(c.magazine/2, 1)
	k, err := c.get(got[:want])
	if err != nil {
		if !p.reclaim(err) {
			return block{}, err
		}
		if k, err = c.get(got[:want]); err != nil {
			return block{}, err
		}
	}
	var items []block
	for {
		one := p.caches.of(p.caches.pin())
		if one == nil {
			p.caches.unpin(one)
			p.replaceCaches()
			continue
		}
		m := &one.magazines[class]
		if m.items == nil && items == nil && !p.closed.Load() {
			p.caches.unpin(one)
			items = make([]block, c.magazine) // not while pinned: it may wait for the collector
			continue
		}
		if m.items == nil && items != nil {
			m.items = items
		}
		add(&m.made, 1)
		kept := 1 + m.fill(got[1:k])
		p.caches.unpin(one)
		if kept < k {
			c.put(got[kept:k])
		}
		return got[0], nil
	}
}

// fill puts blocks on the stack, as far as there is room, and returns how many. Blocks
// that lie beside each other do not follow each other there: when a goroutine takes one
// along to another processor, the two would go on with blocks whose counts share a
// cache line.
func (m *magazine) fill(blocks []block) int {
	n := m.count.Load()
	k := min(len(blocks), len(m.items)-int(n))
	const columns = 4
	rows := (k + columns - 1) / columns
	for row := range rows {
		for i := row; i < k; i += rows {
			m.items[n] = blocks[i]
			n++
		}
	}
	m.count.Store(n)
	return k
}

// freeSmall takes a block back when the magazine has no room for it, or the processor
// no magazine.
func (p *Pool) freeSmall(b block) {
	c := b.slab.class
	var home [batch + 1]block
	n := 0
	one := p.caches.of(p.caches.pin())
	for one == nil {
		p.caches.unpin(one)
		p.replaceCaches()
		one = p.caches.of(p.caches.pin())
	}
	m := &one.magazines[c.index]
	if k := int(m.count.Load()); k < len(m.items) {
		m.items[k] = b
		add(&m.count, 1)
		p.caches.unpin(one)
		return
	} else if k > 0 {
		n = copy(home[:batch], m.items[k-min((k+1)/2, batch):])
		m.items[k-n] = b
		m.count.Store(int64(k - n + 1))
	} else {
		home[0], n = b, 1
	}
	needs := m.items == nil
	p.caches.unpin(one)
	c.put(home[:n])
	p.tell()
	if needs && !p.closed.Load() {
		p.prepare(c)
	}
	if p.closed.Load() {
		p.unmapIdle()
	}
}

// prepare gives this processor a magazine for a class.
func (p *Pool) prepare(c *class) {
	items := make([]block, c.magazine)
	one := p.caches.of(p.caches.pin())
	if one != nil && one.magazines[c.index].items == nil {
		one.magazines[c.index].items = items
	}
	p.caches.unpin(one)
}

// replaceCaches gives every processor a new, empty cache, and takes what the old ones
// held home. It is how memory in magazines of other processors is reached, and how
// there come to be more caches.
func (p *Pool) replaceCaches() {
	p.replacing.Lock()
	defer p.replacing.Unlock()
	next := make([]cache, processors())
	old := *p.caches.all.Swap(&next)
	p.caches.drained(old)
	for i := range old {
		for k := range old[i].magazines {
			m := &old[i].magazines[k]
			p.made[k].Add(m.made.Load())
			p.classes[k].put(m.items[:m.count.Load()])
		}
	}
}
