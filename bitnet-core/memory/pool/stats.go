package pool

import (
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// Stats are the numbers of a pool at a moment. While other goroutines allocate, they
// are of slightly different moments.
type Stats struct {
	memory.Usage
	Device     string
	Epoch      uint64
	SmallLive  int64 // buffers below 1 MiB in use
	LargeLive  int64 // larger ones
	Allocs     int64 // so far
	Metadata   int64 // bytes on the Go heap that describe the memory, about
	Regions    int
	Slabs      int
	CachedFree int64 // bytes of free blocks in slabs and magazines
	Classes    []ClassStats
}

// ClassStats are the numbers of the blocks of one size. Classes never used are left
// out.
type ClassStats struct {
	Size   int // bytes of a block
	Live   int64
	Allocs int64
	Slabs  int
	Blocks int64 // in all slabs
}

// Usage implements [memory.Meter].
func (p *Pool) Usage() memory.Usage { return p.Stats().Usage }

// Stats returns the pool's numbers. It visits every region and every block of its
// slabs, some 1 ns each.
func (p *Pool) Stats() Stats {
	p.replacing.Lock() // no cache is on its way into the totals
	defer p.replacing.Unlock()
	s := Stats{Device: p.options.Device, Epoch: p.epoch.Load()}
	all := *p.caches.all.Load()
	for k := range p.classes {
		c := &p.classes[k]
		one := ClassStats{Size: c.size, Allocs: p.made[k].Load()}
		c.mu.Lock()
		one.Slabs, one.Live = c.slabs, int64(c.out)
		c.mu.Unlock()
		for i := range all {
			m := &all[i].magazines[k]
			one.Allocs += m.made.Load()
			one.Live -= m.count.Load()
		}
		one.Live = max(one.Live, 0)
		one.Blocks = int64(one.Slabs) * int64(slabBytes(c.size)/c.size)
		if one.Allocs == 0 {
			continue
		}
		if one.Blocks > one.Live {
			s.LargestFree = int64(c.size)
		}
		s.Slabs += one.Slabs
		s.SmallLive += one.Live
		s.Allocs += one.Allocs
		s.Allocated += one.Live * int64(c.size)
		s.CachedFree += (one.Blocks - one.Live) * int64(c.size)
		s.Classes = append(s.Classes, one)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s.LargeLive = int64(p.large)
	s.Requested += p.largeAsk
	s.Allocated += p.largeHave
	s.Allocs += p.largeMade
	s.Committed, s.Reserved = p.committed, p.reserved
	s.Metadata = p.metadata
	s.Regions = len(p.regions)
	s.Limit, _ = p.limit()
	for _, r := range p.regions {
		largest, _ := r.largestFree()
		s.LargestFree = max(s.LargestFree, int64(largest))
		for _, slab := range r.slabs {
			s.Requested += slab.askedLive()
		}
	}
	return s
}

func (r *region) metadata() int64 {
	n := int64(unsafe.Sizeof(*r)) + int64(r.granules)*(8+4+8) + 4*int64(len(r.taken))*8
	for _, f := range r.free {
		n += int64(len(f)) * 8
	}
	return n
}

func unsafePointer(b []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(b)) }
