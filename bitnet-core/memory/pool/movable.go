package pool

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// movables are the buffers that Compact may move.
type movables struct {
	mu  sync.Mutex
	all map[*movable]struct{}
}

// A movable is a buffer behind a handle.
type movable struct {
	pool   *Pool
	n      int        // bytes
	mu     sync.Mutex // held while it moves
	buffer memory.Buffer
	align  int
	pins   int

	sparse, released bool
}

// AllocMovable implements [memory.MovableAllocator].
func (p *Pool) AllocMovable(n, align int) (memory.Movable, error) {
	b, err := p.AllocZeroed(n, align)
	if err != nil {
		return nil, err
	}
	m := &movable{pool: p, n: n, buffer: b, align: align}
	p.moving.mu.Lock()
	defer p.moving.mu.Unlock()
	if p.moving.all == nil {
		p.moving.all = map[*movable]struct{}{}
	}
	p.moving.all[m] = struct{}{}
	return m, nil
}

func (m *movable) Pin() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	data := m.buffer.Bytes() // panics after Release
	m.pins++
	return data
}

func (m *movable) Unpin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.pins == 0 {
		panic("pool: Movable.Unpin more often than Pin")
	}
	m.pins--
}

func (m *movable) Len() int { return m.n }

func (m *movable) Sparse() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sparse = true
	m.buffer.Sparse()
}

func (m *movable) Release() {
	m.free()
	p := m.pool
	p.moving.mu.Lock()
	defer p.moving.mu.Unlock()
	delete(p.moving.all, m)
}

func (m *movable) free() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.pins > 0 {
		panic("pool: Movable.Release while it is pinned")
	}
	m.buffer.Release()
	m.released = true
}

// Moved is what Compact did, or would do.
type Moved struct {
	Buffers   int
	Bytes     int64 // of them, whether they had to be copied or were zero
	Committed int64 // more than before, where they went to free granules that were not
	Time      time.Duration
}

func (d *Moved) count(m *movable, committed int64) {
	d.Buffers++
	d.Bytes += int64(m.n)
	d.Committed += committed
}

// Compact moves buffers that nobody has pinned out of slabs and regions that hold
// little, into free blocks of others or further down in their own, so that what they
// leave is free in one piece and a Trim can return it. It commits no more memory than
// one buffer needs at a time, and stops between two of them when ctx is done. With dry
// it counts what it would move; see [Pool.Forecast].
func (p *Pool) Compact(ctx context.Context, dry bool) (Moved, error) {
	return p.CompactRegions(ctx, nil, dry)
}

// CompactRegions is Compact for the buffers of those regions that choose picks, all of
// them if it is nil. Where they go to is not its choice.
func (p *Pool) CompactRegions(ctx context.Context, choose func(RegionInfo) bool, dry bool) (Moved, error) {
	if dry {
		_, done, err := p.Forecast(ctx, choose, true)
		return done, err
	}
	start := time.Now()
	defer p.tell()
	var done Moved
	p.Flush()
	for _, m := range p.candidates(choose) {
		if err := ctx.Err(); err != nil {
			done.Time = time.Since(start)
			return done, err
		}
		if more, ok := p.move(m); ok {
			done.count(m, more)
		}
	}
	p.Flush()
	done.Time = time.Since(start)
	return done, nil
}

// candidates returns the movable buffers of the chosen regions, those in the emptiest
// surroundings first, and of surroundings as empty those further up.
func (p *Pool) candidates(choose func(RegionInfo) bool) []*movable {
	type candidate struct {
		m    *movable
		fill float64
		at   uintptr
	}
	chosen := p.chosen(choose)
	var all []candidate
	for _, m := range p.movables() {
		if in, fill, at := p.surroundings(m); in != nil && (chosen == nil || chosen[in]) {
			all = append(all, candidate{m, fill, at})
		}
	}
	slices.SortFunc(all, func(a, b candidate) int {
		switch {
		case a.fill < b.fill || a.fill == b.fill && a.at > b.at:
			return -1
		case a.at == b.at:
			return 0
		}
		return 1
	})
	out := make([]*movable, len(all))
	for i := range all {
		out[i] = all[i].m
	}
	return out
}

// movables returns all movable buffers.
func (p *Pool) movables() []*movable {
	p.moving.mu.Lock()
	defer p.moving.mu.Unlock()
	all := make([]*movable, 0, len(p.moving.all))
	for m := range p.moving.all {
		all = append(all, m)
	}
	return all
}

// chosen returns the regions that choose picks, or nil for all.
func (p *Pool) chosen(choose func(RegionInfo) bool) map[*region]bool {
	if choose == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	chosen := map[*region]bool{}
	for i, r := range p.regions {
		chosen[r] = choose(r.info(i))
	}
	return chosen
}

// surroundings returns a buffer's region, the share of its slab or region that is in
// use, slabs after regions, and its address. There is no region if it was released.
func (p *Pool) surroundings(m *movable) (in *region, fill float64, at uintptr) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.released {
		return nil, 0, 0
	}
	at = uintptr(unsafePointer(m.buffer.Bytes()))
	switch owner := m.buffer.Owner().(type) {
	case *slab:
		owner.class.mu.Lock()
		defer owner.class.mu.Unlock()
		return owner.region, 1 + float64(owner.blocks-owner.atHome)/float64(owner.blocks), at
	case *region:
		p.mu.Lock()
		defer p.mu.Unlock()
		return owner, float64(owner.used) / float64(owner.granules), at
	}
	return nil, 0, 0 // a build with the tag memtrace
}

// move finds a better place for a buffer, if there is one, and says how many bytes were
// committed for it.
func (p *Pool) move(m *movable) (committed int64, ok bool) {
	if !m.mu.TryLock() {
		return 0, false // somebody is about to pin it
	}
	defer m.mu.Unlock()
	if m.pins > 0 || m.released {
		return 0, false
	}
	switch at := m.buffer.Owner().(type) {
	case *slab:
		b, ok := at.class.better(at)
		if !ok {
			return 0, false
		}
		p.made[at.class.index].Add(1)
		m.settle(b.buffer(m.n), []stretch{{0, m.n}})
		return 0, true
	case *region:
		r, g, dirty, committed, ok := p.better(at, m)
		if !ok {
			return 0, false
		}
		to := r.span.Buffer(g, r.data[g*granule:][:m.n])
		if m.sparse {
			to.Sparse()
		}
		m.settle(to, dirty)
		return committed, true
	}
	return 0, false // a build with the tag memtrace
}

// settle copies the bytes to their new place, of which some parts may not be zero.
func (m *movable) settle(to memory.Buffer, dirty []stretch) {
	carry(to.Bytes(), m.buffer.Bytes(), dirty)
	m.buffer.Release()
	m.buffer = to
}

// carry copies a buffer. Where the target is zero already, pages of zeros are not
// written: they may never have been touched.
func carry(to, from []byte, dirty []stretch) {
	if len(dirty) == 1 && dirty[0].from == 0 && dirty[0].to >= len(from) {
		copy(to, from)
		return
	}
	const page = 4096
	var zeros [page]byte
	for at := 0; at < len(from); at += page {
		for len(dirty) > 0 && dirty[0].to <= at {
			dirty = dirty[1:]
		}
		part := from[at:min(at+page, len(from))]
		written := len(dirty) > 0 && dirty[0].from < at+page
		if written || !bytes.Equal(part, zeros[:len(part)]) {
			copy(to[at:], part)
		}
	}
}

// better takes a block of a slab that is fuller than s, or as full and further down, if
// there is one.
func (c *class) better(s *slab) (block, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.atHome == 0 {
		return block{}, false
	}
	if c.target == nil || comparePlaces(c.target, c.target.atHome, s, s.atHome) > 0 {
		// The first stays first as it fills up, so there is one search a slab.
		for t := c.partial; t != nil; t = t.next {
			if c.target == nil || comparePlaces(t, t.atHome, c.target, c.target.atHome) < 0 {
				c.target = t
			}
		}
	}
	best := c.target
	if best == s {
		return block{}, false
	}
	i := best.free.first(0)
	best.free.clear(i)
	c.out++
	if best.atHome--; best.atHome == 0 {
		c.remove(best)
	}
	return block{best, uint32(i)}, true
}

// comparePlaces orders slabs of a class with so many blocks at home, those to move to
// first. It is total, so that one of two that are equal fills up.
func comparePlaces(s *slab, home int, t *slab, homeOfT int) int {
	return cmp.Or(cmp.Compare(home, homeOfT), cmp.Compare(uintptr(s.base), uintptr(t.base)))
}

// better takes granules for m in a better place, and says which parts of them may not
// be zero and how many bytes were committed.
func (p *Pool) better(from *region, m *movable) (r *region, g int, dirty []stretch, committed int64, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, g, touched := better(p.regions, from, from.offset(m.buffer.Bytes()), m.align)
	if r == nil {
		return nil, 0, nil, 0, false
	}
	n := int(r.size[g])
	committed = int64(r.clean(g, n)) * granule
	if p.commitLocked(committed) != nil {
		r.release(g)
		r.touched = touched
		return nil, 0, nil, 0, false
	}
	dirty = r.notZero(g, n)
	p.holdLocked(r, g, m.n)
	return r, g, dirty, committed, true
}

// better takes granules for what begins at granule at of a region: in one that is
// fuller, one as full that comes before it, or further down in the same. It also
// returns when that region was touched last; there may be none.
func better(regions []*region, from *region, at, align int) (r *region, g int, touched uint64) {
	n, alignGranules := int(from.size[at]), max(granulesOf(align), 1)
	for _, r := range fullest(regions) {
		if r.fits(n, alignGranules) {
			touched := r.touched
			g := r.takeLowest(n, alignGranules)
			if r != from || g < at {
				return r, g, touched
			}
			r.release(g)
			r.touched = touched // nothing happened
		}
		if r == from {
			break
		}
	}
	return nil, 0, 0
}

// fullest returns regions in the order of how much of them is in use, most first.
func fullest(regions []*region) []*region {
	order := slices.Clone(regions)
	slices.SortStableFunc(order, func(a, b *region) int { return b.used*a.granules - a.used*b.granules })
	return order
}
