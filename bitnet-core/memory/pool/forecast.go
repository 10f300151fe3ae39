package pool

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"
)

// Forecast describes the regions, by address, as Flush would leave them, or
// CompactRegions with that choice if compact is set, and what that would move. It
// changes nothing: it works on copies of the books. Which blocks magazines hold is only
// known by number, and who allocates or pins something meanwhile is not known at all,
// so the numbers are about right.
func (p *Pool) Forecast(ctx context.Context, choose func(RegionInfo) bool, compact bool) ([]RegionInfo, Moved, error) {
	start := time.Now()
	f := p.forecast()
	var done Moved
	var err error
	if compact {
		for _, m := range p.candidates(choose) {
			if err = ctx.Err(); err != nil {
				break
			}
			if more, ok := f.move(m); ok {
				done.count(m, more)
			}
		}
	}
	infos := make([]RegionInfo, len(f.regions))
	for i, r := range f.regions {
		infos[i] = r.info(i)
	}
	done.Time = time.Since(start)
	return infos, done, err
}

// A forecast is what moving would do, told by copies of regions and slabs.
type forecast struct {
	regions []*region // by address
	of      map[*region]*region
	slabs   map[*slab]*forecastSlab
	classes [classes][]*forecastSlab
	targets [classes]*forecastSlab
}

type forecastSlab struct {
	of           *slab
	region       *region // a copy
	granule      int
	blocks, home int
	known        int // blocks of movable buffers
}

// forecast copies the books, as they are after a Flush.
func (p *Pool) forecast() *forecast {
	live := map[int]int64{}
	for _, c := range p.Stats().Classes {
		live[c.Size] = c.Live
	}
	f := &forecast{of: map[*region]*region{}, slabs: map[*slab]*forecastSlab{}}
	p.mu.Lock()
	for _, r := range p.regions {
		c := r.copy()
		f.regions = append(f.regions, c)
		f.of[r] = c
		for g, s := range r.slabs {
			one := &forecastSlab{of: s, region: c, granule: g, blocks: s.blocks}
			f.slabs[s] = one
			f.classes[s.class.index] = append(f.classes[s.class.index], one)
		}
	}
	p.mu.Unlock()
	for _, m := range p.movables() {
		m.mu.Lock()
		if s, ok := m.buffer.Owner().(*slab); ok && f.slabs[s] != nil && !m.released {
			f.slabs[s].known++
		}
		m.mu.Unlock()
	}
	for i := range p.classes {
		p.classes[i].mu.Lock() // which comes before the pool's lock
		for _, one := range f.classes[i] {
			one.home = one.of.atHome
		}
		p.classes[i].mu.Unlock()
		f.flush(f.classes[i], int(live[p.classes[i].size]))
	}
	return f
}

// copy returns a copy of a region's books, with no memory to advise about.
func (r *region) copy() *region {
	c := *r
	c.free = slices.Clone(r.free)
	for o := range c.free {
		c.free[o] = slices.Clone(r.free[o])
	}
	c.low = slices.Clone(r.low)
	c.taken, c.dirty, c.sparse = slices.Clone(r.taken), slices.Clone(r.dirty), newBitmap(r.granules)
	c.size = slices.Clone(r.size)
	c.slabs = maps.Clone(r.slabs)
	return &c
}

// flush takes blocks home that magazines hold: of those that are away, all but the
// live ones. Where movable buffers are is known, of the others each slab has its share.
func (f *forecast) flush(slabs []*forecastSlab, live int) {
	away, known := 0, 0
	for _, s := range slabs {
		s.known = min(s.known, s.blocks-s.home) // the books are of slightly different moments
		away += s.blocks - s.home
		known += s.known
	}
	share := 0.0
	if away > known {
		share = min(max(float64(live-known)/float64(away-known), 0), 1)
	}
	for _, s := range slabs {
		rest := s.blocks - s.home - s.known
		s.home = s.blocks - s.known - int(math.Round(float64(rest)*share))
		f.settle(s)
	}
}

// settle gives a slab back to its region if it is empty.
func (f *forecast) settle(s *forecastSlab) {
	if s.home == s.blocks {
		delete(s.region.slabs, s.granule)
		s.region.release(s.granule)
	}
}

// move is Pool.move, in the books only.
func (f *forecast) move(m *movable) (committed int64, ok bool) {
	if !m.mu.TryLock() {
		return 0, false
	}
	defer m.mu.Unlock()
	if m.pins > 0 || m.released {
		return 0, false
	}
	switch at := m.buffer.Owner().(type) {
	case *slab:
		return 0, f.moveSmall(f.slabs[at], at.class.index)
	case *region:
		from := f.of[at]
		if from == nil {
			return 0, false // newer than the books
		}
		g := at.offset(m.buffer.Bytes())
		if from.size[g] == 0 {
			return 0, false
		}
		to, first, _ := better(f.regions, from, g, m.align)
		if to == nil {
			return 0, false
		}
		n := int(to.size[first])
		committed = int64(to.clean(first, n)) * granule
		to.dirty.fill(first, first+n)
		from.release(g)
		return committed, true
	}
	return 0, false
}

// moveSmall is move and class.better for a block.
func (f *forecast) moveSmall(from *forecastSlab, class int) bool {
	if from == nil || from.home == 0 || from.home == from.blocks {
		return false
	}
	target := f.targets[class]
	if target == nil || target.compare(from) > 0 {
		for _, s := range f.classes[class] {
			if s.home > 0 && s.home < s.blocks && (target == nil || s.compare(target) < 0) {
				target = s
			}
		}
	}
	f.targets[class] = target
	if target == from {
		return false
	}
	if target.home--; target.home == 0 {
		f.targets[class] = nil
	}
	from.home++
	f.settle(from)
	return true
}

func (s *forecastSlab) compare(t *forecastSlab) int { return comparePlaces(s.of, s.home, t.of, t.home) }
