package pool

import (
	"sync/atomic"
	"unsafe"
)

// A cache is what one processor keeps to itself: for every class a magazine of free
// blocks, so that most allocations and releases meet nobody.
type cache struct {
	magazines [classes]magazine
	requested atomic.Int64 // bytes, may be negative: blocks are released elsewhere
	exclusion              //nolint:unused // by pinning, but for the race detector
	_         [128]byte    // the next cache is another processor's
}

type magazine struct {
	items []block      // no capacity before the class is used
	made  atomic.Int64 // allocations so far
	freed atomic.Int64 // releases, some of blocks that others allocated
}

func ptr(p *atomic.Int64) unsafe.Pointer { return unsafe.Pointer(p) }

// batch is the most blocks that move between a magazine and its slabs at once.
const batch = 64

// allocSmall allocates a block when the magazine has none.
func (p *Pool) allocSmall(n, class int) (block, error) {
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
		one := p.caches.enter()
		if one == nil {
			p.caches.leave(one)
			p.replaceCaches()
			continue
		}
		m := &one.magazines[class]
		if cap(m.items) == 0 && items == nil && !p.closed.Load() {
			p.caches.leave(one)
			items = make([]block, 0, c.magazine) // not while pinned: it may wait for the collector
			continue
		}
		if cap(m.items) == 0 && items != nil {
			m.items = items
		}
		add(&m.made, 1)
		add(&one.requested, int64(n))
		kept := 1 + copy(m.items[len(m.items):cap(m.items)], got[1:k])
		m.items = m.items[:len(m.items)+kept-1]
		p.caches.leave(one)
		if kept < k {
			c.put(got[kept:k])
		}
		return got[0], nil
	}
}

// freeSmall takes a block back.
func (p *Pool) freeSmall(b block) {
	c := b.slab.class
	n := int64(b.slab.requested[b.index<<b.slab.apart])
	one := p.caches.enter()
	for one == nil {
		p.caches.leave(one)
		p.replaceCaches()
		one = p.caches.enter()
	}
	m := &one.magazines[c.index]
	add(&m.freed, 1)
	add(&one.requested, -n)
	if k := len(m.items); k < cap(m.items) {
		m.items = m.items[:k+1]
		m.items[k] = b
		p.caches.leave(one)
		return
	}
	p.freeFull(one, m, c, b)
}

// freeFull makes room in a full magazine.
func (p *Pool) freeFull(one *cache, m *magazine, c *class, b block) {
	var home [batch + 1]block
	k := len(m.items)
	n := copy(home[:batch], m.items[k-min((k+1)/2, batch):])
	m.items = m.items[:k-n]
	needs := cap(m.items) == 0
	if needs {
		home[n] = b
		n++
	} else {
		m.items = append(m.items, b)
	}
	p.caches.leave(one)
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
	items := make([]block, 0, c.magazine)
	one := p.caches.enter()
	if one != nil && cap(one.magazines[c.index].items) == 0 {
		one.magazines[c.index].items = items
	}
	p.caches.leave(one)
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
	var requested int64
	for i := range old {
		requested += old[i].requested.Load()
		for k := range old[i].magazines {
			m := &old[i].magazines[k]
			p.totals[k].made.Add(m.made.Load())
			p.totals[k].freed.Add(m.freed.Load())
			p.classes[k].put(m.items)
		}
	}
	p.requested.Add(requested)
}
