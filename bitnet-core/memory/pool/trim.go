package pool

import (
	"slices"
	"time"
)

// A RegionInfo describes a mapping of the pool.
type RegionInfo struct {
	ID        uint64 // its own for good
	Index     int    // by address; changes when regions come and go
	Bytes     int64
	Used      int64  // by large buffers and slabs
	Committed int64  // backed by the system
	Free      int64  // of the committed bytes
	Largest   int64  // the largest free block
	Slabs     int    // slabs in it
	Touched   uint64 // the epoch in which memory was last taken or released
}

// Regions describes the pool's mappings, by address.
func (p *Pool) Regions() []RegionInfo {
	p.mu.Lock()
	defer p.mu.Unlock()
	infos := make([]RegionInfo, len(p.regions))
	for i, r := range p.regions {
		infos[i] = r.info(i)
	}
	return infos
}

func (r *region) info(i int) RegionInfo {
	largest, free := r.largestFree()
	return RegionInfo{
		ID: r.id, Index: i, Bytes: int64(len(r.data)), Used: int64(r.used) * granule,
		Committed: int64(r.dirty.count(0, r.granules)) * granule,
		Free:      int64(free), Largest: int64(largest), Slabs: len(r.slabs), Touched: r.touched,
	}
}

// Epoch returns the pool's epoch, the clock of RegionInfo.Touched.
func (p *Pool) Epoch() uint64 { return p.epoch.Load() }

// Advance begins the next epoch and returns it.
func (p *Pool) Advance() uint64 { return p.epoch.Add(1) }

// Trimmed is what a Trim returned to the system, or would return.
type Trimmed struct {
	Bytes   int64 // committed before
	Regions int   // unmapped
	Time    time.Duration
}

// Trim returns the free memory of the regions that choose picks, all of them if it is
// nil, to the system: regions that nobody uses as a whole, free granules of others. It
// stops when most bytes are returned; 0 means all. Where the system takes no pages
// back, only whole regions go. Call [Pool.Flush] before it to include blocks that
// magazines hold. With dry it counts and returns nothing.
func (p *Pool) Trim(most int64, choose func(RegionInfo) bool, dry bool) Trimmed {
	start := time.Now()
	if most <= 0 {
		most = 1 << 62
	}
	var done Trimmed
	defer p.tell()
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.regions) - 1; i >= 0 && done.Bytes < most; i-- {
		r := p.regions[i]
		info := r.info(i)
		switch {
		case choose != nil && !choose(info):
		case r.used == 0 && done.Bytes+info.Committed <= most:
			done.Bytes += info.Committed
			done.Regions++
			if !dry {
				p.unmapLocked(r)
				p.regions = slices.Delete(p.regions, i, i+1)
			}
		case !canDiscard:
		case dry:
			done.Bytes += min(info.Free, most-done.Bytes)
		default:
			n := int64(r.discardFree(int(min(most-done.Bytes, int64(len(r.data)))), true))
			p.committed -= n
			p.untold.Store(true)
			done.Bytes += n
		}
	}
	done.Time = time.Since(start)
	return done
}

// A Snapshot is the state of a pool, for debugging: it marshals to JSON.
type Snapshot struct {
	Stats   Stats
	Regions []RegionSnapshot
}

// A RegionSnapshot is the state of a region. Offsets and sizes are in bytes.
type RegionSnapshot struct {
	RegionInfo
	Address uint64
	Blocks  []BlockSnapshot
}

// A BlockSnapshot is a large buffer or a slab.
type BlockSnapshot struct {
	Offset, Bytes int64
	Requested     int64 // by a large buffer
	Class         int   `json:",omitempty"` // size of a slab's blocks
	Blocks        int   `json:",omitempty"` // of a slab
	Home          int   `json:",omitempty"` // blocks of a slab that are free and in no magazine
}

// Snapshot describes all memory of the pool. The buffers' contents are no part of it.
func (p *Pool) Snapshot() Snapshot {
	s := Snapshot{Stats: p.Stats()}
	for i, slabs := range p.regionsInto(&s) {
		for k, slab := range slabs {
			if slab != nil {
				s.Regions[i].Blocks[k].Home = slab.home()
			}
		}
	}
	return s
}

// regionsInto describes the regions and returns the slab of each block, or nil.
func (p *Pool) regionsInto(s *Snapshot) (slabs [][]*slab) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, r := range p.regions {
		one := RegionSnapshot{RegionInfo: r.info(i), Address: uint64(uintptr(unsafePointer(r.data)))}
		var mine []*slab
		for g, n := range r.size {
			if n == 0 {
				continue
			}
			b := BlockSnapshot{Offset: int64(g) * granule, Bytes: int64(n) * granule, Requested: int64(r.asked[g])}
			of := r.slabs[g]
			if of != nil {
				b.Requested, b.Class, b.Blocks = 0, of.class.size, of.blocks
			}
			one.Blocks, mine = append(one.Blocks, b), append(mine, of)
		}
		s.Regions, slabs = append(s.Regions, one), append(slabs, mine)
	}
	return slabs
}
