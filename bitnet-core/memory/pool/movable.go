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
	m := &movable{pool: p, buffer: b, align: align}
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

func (m *movable) Len() int { return m.buffer.Len() }

func (m *movable) Sparse() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sparse = true
	m.buffer.Sparse()
}

func (m *movable) Release() {
	p := m.pool
	p.moving.mu.Lock()
	delete(p.moving.all, m)
	p.moving.mu.Unlock()
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
	Buffers int
	Bytes   int64 // of them, whether they had to be copied or were zero
	Time    time.Duration
}

// Compact moves buffers that nobody has pinned out of slabs and regions that hold
// little, into free blocks of others or further down in their own, so that what they
// leave is free in one piece and a Trim can return it. It commits no more memory than
// one buffer needs at a time, and stops between two of them when ctx is done. With dry
// it counts what it would move, as far as that is known beforehand.
func (p *Pool) Compact(ctx context.Context, dry bool) (Moved, error) {
	start := time.Now()
	defer p.tell()
	var done Moved
	if !dry {
		p.Flush()
	}
	for _, m := range p.candidates() {
		if err := ctx.Err(); err != nil {
			done.Time = time.Since(start)
			return done, err
		}
		if p.move(m, dry) {
			done.Buffers++
			done.Bytes += int64(m.Len())
		}
	}
	if !dry {
		p.Flush()
	}
	done.Time = time.Since(start)
	return done, nil
}

// candidates returns the movable buffers, those in the emptiest surroundings first.
func (p *Pool) candidates() []*movable {
	type candidate struct {
		m    *movable
		fill float64
	}
	var all []candidate
	p.moving.mu.Lock()
	for m := range p.moving.all {
		all = append(all, candidate{m: m})
	}
	p.moving.mu.Unlock()
	for i := range all {
		all[i].fill = p.fill(all[i].m)
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(a.fill, b.fill) })
	out := make([]*movable, len(all))
	for i := range all {
		out[i] = all[i].m
	}
	return out
}

// fill returns the share of a buffer's slab or region that is in use, slabs after
// regions.
func (p *Pool) fill(m *movable) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch at := m.buffer.Owner().(type) {
	case *slab:
		at.class.mu.Lock()
		defer at.class.mu.Unlock()
		return 1 + float64(at.blocks-at.atHome)/float64(at.blocks)
	case *region:
		p.mu.Lock()
		defer p.mu.Unlock()
		return float64(at.used) / float64(at.granules)
	}
	return 2
}

// move finds a better place for a buffer and reports whether there is one.
func (p *Pool) move(m *movable, dry bool) bool {
	if !m.mu.TryLock() {
		return false // somebody is about to pin it
	}
	defer m.mu.Unlock()
	if m.pins > 0 || m.released {
		return false
	}
	n := m.Len()
	switch at := m.buffer.Owner().(type) {
	case *slab:
		b, ok := at.class.better(at, dry)
		if !ok || dry {
			return ok
		}
		p.account(at.class.index, n)
		m.settle(b.buffer(n), []stretch{{0, n}})
		return true
	case *region:
		r, g, dirty, ok := p.better(at, m, dry)
		if !ok || dry {
			return ok
		}
		to := r.span.Buffer(g, r.data[g*granule:][:n])
		if m.sparse {
			to.Sparse()
		}
		m.settle(to, dirty)
		return true
	}
	return false // a build with the tag memtrace
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

// account counts a block that no processor allocated.
func (p *Pool) account(class, n int) {
	p.totals[class].made.Add(1)
	p.requested.Add(int64(n))
}

// better takes a block of a slab that is fuller than s, if there is one.
func (c *class) better(s *slab, dry bool) (block, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var best *slab
	for t := c.partial; t != nil; t = t.next {
		if t != s && t.atHome < s.atHome && (best == nil || t.atHome < best.atHome) {
			best = t
		}
	}
	if best == nil || dry {
		return block{}, best != nil
	}
	i := best.free.first(0)
	best.free.clear(i)
	if best.atHome--; best.atHome == 0 {
		c.remove(best)
	}
	return block{best, uint32(i)}, true
}

// better takes granules for m in a region that is fuller than its own, or below it in
// the same one, and says which parts of them may not be zero.
func (p *Pool) better(from *region, m *movable, dry bool) (r *region, g int, dirty []stretch, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := from.offset(m.buffer.Bytes())
	n, align := int(from.size[at]), max(granulesOf(m.align), 1)
	for _, r := range p.fullest() {
		if !r.fits(n, align) || r != from && r.used*from.granules <= from.used*r.granules {
			continue
		}
		g := r.takeLowest(n, align)
		ok := r != from || g < at
		if !ok || dry || p.commitLocked(int64(r.clean(g, n))*granule) != nil {
			r.release(g)
			return nil, 0, nil, ok && dry
		}
		dirty := r.notZero(g, n)
		p.holdLocked(r, g, m.buffer.Len())
		return r, g, dirty, true
	}
	return nil, 0, nil, false
}

// fullest returns the regions, those of which most is in use first.
func (p *Pool) fullest() []*region {
	order := slices.Clone(p.regions)
	slices.SortStableFunc(order, func(a, b *region) int { return b.used*a.granules - a.used*b.granules })
	return order
}
