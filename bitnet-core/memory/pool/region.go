package pool

import (
	"math/bits"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// granule is the unit of the buddy allocator.
const granule = 64 << 10

// granulesOf returns how many granules hold n bytes.
func granulesOf(n int) int { return (n + granule - 1) / granule }

// A region is a mapping that a buddy allocator divides: free blocks are powers of
// two of granules, at multiples of their size, and join their buddies when they
// can. A request takes the smallest block that holds it and gives the granules
// beyond its end back at once. The pool's lock guards all of it.
type region struct {
	pool     *Pool
	id       uint64
	span     *memory.Span // a block for each granule; large buffers begin there
	data     []byte
	mapping  []byte // what reserve mapped, data included
	granules int
	align    int // the address is a multiple of granule << align

	free     []bitmap // by order: granules that begin free blocks, counted in blocks
	low      []int    // the first word of free that may have members
	nonEmpty uint64   // orders with free blocks
	taken    bitmap   // granules in use
	dirty    bitmap   // granules that the system backs, or will when they are touched
	fresh    bitmap   // granules that are zero if they are not dirty
	sparse   bitmap   // first granules of buffers with small pages
	size     []int32  // granules of the allocation that begins here; 0 for none
	asked    []int    // and the bytes asked for; -1 for a slab
	slabs    map[int]*slab

	used    int    // granules in use
	touched uint64 // the pool's epoch when something was taken or released
}

// newRegion maps a region whose address is a multiple of align, in bytes, and of huge
// pages. It is no multiple of more than that on purpose: where the bits of addresses that
// choose a way of the first cache are equal in two streams, as they are 256 MiB apart,
// Zen 4 reads them at two thirds of the speed.
func newRegion(p *Pool, size, align int) (*region, error) {
	data, mapping, err := reserve(size, max(align, hugePage))
	if err != nil {
		return nil, err
	}
	n := size / granule
	r := &region{
		pool: p, id: p.ids, data: data, mapping: mapping, granules: n,
		align: bits.TrailingZeros64(uint64(uintptr(unsafePointer(data)))) - bits.TrailingZeros(granule),
		taken: newBitmap(n), dirty: newBitmap(n), fresh: newBitmap(n), sparse: newBitmap(n),
		size: make([]int32, n), asked: make([]int, n), slabs: map[int]*slab{},
	}
	r.span = memory.NewSpan(r, n)
	for o := 0; n>>o > 0; o++ {
		r.free = append(r.free, newBitmap(n>>o))
		r.low = append(r.low, 0)
	}
	r.fresh.fill(0, n)
	r.put(0, len(r.free)-1)
	return r, nil
}

// put makes a block free and joins it with its buddies.
func (r *region) put(g, order int) {
	for order < len(r.free)-1 {
		i := (g >> order) ^ 1
		if !r.free[order].has(i) {
			break
		}
		r.drop(i, order)
		order++
		g = g >> order << order
	}
	i := g >> order
	r.free[order].set(i)
	r.low[order] = min(r.low[order], i>>6)
	r.nonEmpty |= 1 << order
}

// drop removes block i of an order from the free ones.
func (r *region) drop(i, order int) {
	f := r.free[order]
	f.clear(i)
	if next := f.first(r.low[order]); next >= 0 {
		r.low[order] = next >> 6
	} else {
		r.low[order] = len(f)
		r.nonEmpty &^= 1 << order
	}
}

// fits reports whether there is a free block for n granules at a multiple of align.
func (r *region) fits(n, align int) bool {
	return align <= 1<<r.align && r.nonEmpty>>orderOf(n, align) != 0
}

func orderOf(n, align int) int { return bits.Len(uint(max(n, align) - 1)) }

// take returns the first of n granules at a multiple of align, from the lowest block
// of the smallest order. It must fit.
func (r *region) take(n, align int) int {
	order := orderOf(n, align)
	from := order + bits.TrailingZeros64(r.nonEmpty>>order)
	return r.split(r.free[from].first(r.low[from]), from, order, n)
}

// takeLowest is take from the lowest block, whatever its order.
func (r *region) takeLowest(n, align int) int {
	order := orderOf(n, align)
	block, from := -1, 0
	for o := order; o < len(r.free); o++ {
		if i := r.free[o].first(r.low[o]); i >= 0 && (block < 0 || i<<o < block<<from) {
			block, from = i, o
		}
	}
	return r.split(block, from, order, n)
}

// split takes n granules from a free block, whose rest stays free.
func (r *region) split(block, from, order, n int) int {
	r.drop(block, from)
	g := block << from
	for o := from - 1; o >= order; o-- { // the upper half of each split is free
		r.put(g+1<<o, o)
	}
	r.putRange(g+n, g+1<<order)
	r.taken.fill(g, g+n)
	r.used += n
	r.size[g] = int32(n)
	r.touched = r.pool.epoch.Load()
	return g
}

// putRange makes granules [lo, hi) free, which are no single block.
func (r *region) putRange(lo, hi int) {
	for lo < hi {
		order := min(bits.TrailingZeros(uint(lo)), bits.Len(uint(hi-lo))-1)
		r.put(lo, order)
		lo += 1 << order
	}
}

// release takes an allocation back.
func (r *region) release(g int) {
	n := int(r.size[g])
	r.size[g] = 0
	r.taken.wipe(g, g+n)
	r.used -= n
	if r.sparse.has(g) {
		r.sparse.clear(g)
		if b := r.bytes(g, n); len(b) >= hugePage {
			adviseHuge(b)
		}
	}
	r.putRange(g, g+n)
	r.touched = r.pool.epoch.Load()
}

// bytes returns the memory of n granules.
func (r *region) bytes(g, n int) []byte { return r.data[g*granule:][: n*granule : n*granule] }

// offset returns the first granule of a buffer of the region.
func (r *region) offset(b []byte) int {
	return int(uintptr(unsafePointer(b))-uintptr(unsafePointer(r.data))) / granule
}

// clean returns how many of n granules the system does not back.
func (r *region) clean(g, n int) int { return n - r.dirty.count(g, g+n) }

// commit makes n granules, which are taken, count as backed.
func (r *region) commit(g, n int) {
	if n*granule >= hugePage && r.dirty.count(g, g+n) < n {
		adviseHuge(r.bytes(g, n))
	}
	r.dirty.fill(g, g+n)
}

// discardFree gives free granules back to the system until at least want bytes are,
// and returns how many. It takes whole runs of granules, so that there are few calls,
// unless it is to be exact.
func (r *region) discardFree(want int, exact bool) int {
	done := 0
	r.dirty.runs(0, r.granules, true, func(from, to int) {
		r.taken.runs(from, to, false, func(from, to int) {
			if done >= want {
				return
			}
			if exact {
				to = min(to, from+granulesOf(want-done))
			}
			if zero := discard(r.bytes(from, to-from)); zero {
				r.fresh.fill(from, to)
			} else {
				r.fresh.wipe(from, to)
			}
			r.dirty.wipe(from, to)
			done += (to - from) * granule
		})
	})
	return done
}

// largestFree returns the bytes of the longest run of free granules that the system
// backs, and all of them.
func (r *region) largestFree() (largest, all int) {
	r.dirty.runs(0, r.granules, true, func(from, to int) {
		r.taken.runs(from, to, false, func(from, to int) {
			n := (to - from) * granule
			largest, all = max(largest, n), all+n
		})
	})
	return largest, all
}

// Free implements [memory.Owner] for large buffers.
func (r *region) Free(g int) { r.pool.freeLarge(r, g) }

// Sparse implements [memory.Sparser].
func (r *region) Sparse(g int, part []byte) {
	if len(part) < hugePage {
		return
	}
	r.pool.mu.Lock()
	defer r.pool.mu.Unlock()
	r.sparse.set(g)
	adviseSmall(r.bytes(g, int(r.size[g])))
}

// notZero returns the parts of n granules that may hold something, in bytes from the
// first.
func (r *region) notZero(g, n int) (parts []stretch) {
	zero := func(i int) bool { return r.fresh.has(i) && !r.dirty.has(i) }
	for i := g; i < g+n; i++ {
		if zero(i) {
			continue
		}
		at := (i - g) * granule
		if k := len(parts); k > 0 && parts[k-1].to == at {
			parts[k-1].to += granule
		} else {
			parts = append(parts, stretch{at, at + granule})
		}
	}
	return parts
}
