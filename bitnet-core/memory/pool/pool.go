package pool

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// Options are the properties of a Pool. The zero value has no limit.
type Options struct {
	// Device names whose memory it is, in errors and statistics; "cpu" if empty.
	Device string
	// Limit is the most bytes that may be committed; 0 for no limit. An allocation
	// beyond it is a [*LimitError].
	Limit int64
	// SoftLimit is from where on the pool gives free memory back at once instead of
	// keeping it warm; 0 for Limit.
	SoftLimit int64
	// SystemLimit is asked when the pool commits memory and returns a limit that the
	// surroundings set, such as that of a control group, or 0 for none. The smaller
	// of it and Limit counts.
	SystemLimit func() int64
	// Region is the size of the first mapping, a power of two from 2 MiB on; 64 MiB
	// if 0. Each mapping after it is twice as large as the one before, up to
	// MaxRegion; 1 GiB if 0. A larger request has one for itself.
	Region, MaxRegion int
	// Pressure, if set, is told of every change of the committed bytes before the
	// allocation or release that made it returns, with the limit, if there is one. It
	// may use the pool. The method Observe of a [pressure.Gauge] is made for it.
	Pressure func(committed, limit int64)
}

// A LimitError says that an allocation would have gone beyond a limit.
type LimitError struct {
	Device    string
	Requested int   // bytes
	Committed int64 // by the pool, when all that was free had been given back
	Limit     int64
	System    bool // the limit is that of Options.SystemLimit
}

func (e *LimitError) Error() string {
	whose := "the limit"
	if e.System {
		whose = "the system's limit"
	}
	return fmt.Sprintf("pool %s: %d bytes more would go beyond %s of %d MiB, %d MiB are committed: release buffers or raise it",
		e.Device, e.Requested, whose, e.Limit>>20, e.Committed>>20)
}

// ErrClosed is what allocations from a closed pool return.
var ErrClosed = errors.New("pool: allocation from a closed pool")

// A Pool is an allocator of memory outside the Go heap. It may be used from several
// goroutines. See the package documentation.
type Pool struct {
	options Options
	classes [classes]class
	caches  caches
	closed  atomic.Bool
	epoch   atomic.Uint64

	replacing sync.Mutex
	made      [classes]atomic.Int64 // allocations that no cache counts

	mu        sync.Mutex // guards regions and what follows
	regions   []*region  // by address
	ids       uint64     // of regions so far
	next      int        // size of the next region
	committed int64
	untold    atomic.Bool // committed has changed
	reserved  int64
	metadata  int64 // bytes on the Go heap, about
	large     int   // large buffers in use
	largeAsk  int64 // bytes asked for by them
	largeHave int64 // and taken
	largeMade int64

	moving     movables
	quarantine quarantine
}

// New returns a pool. It maps nothing yet.
func New(o Options) (*Pool, error) {
	if o.Device == "" {
		o.Device = "cpu"
	}
	if o.Region == 0 {
		o.Region = 64 << 20
	}
	if o.MaxRegion == 0 {
		o.MaxRegion = max(1<<30, o.Region)
	}
	for _, n := range []int{o.Region, o.MaxRegion} {
		if n < 2<<20 || n&(n-1) != 0 {
			return nil, fmt.Errorf("pool: a region of %d bytes, want a power of two from 2 MiB on", n)
		}
	}
	if o.Region > o.MaxRegion {
		return nil, fmt.Errorf("pool: the first region, %d bytes, is larger than the largest, %d", o.Region, o.MaxRegion)
	}
	if o.Limit < 0 || o.SoftLimit < 0 || o.Limit > 0 && o.SoftLimit > o.Limit {
		return nil, fmt.Errorf("pool: limits of %d (soft) and %d bytes", o.SoftLimit, o.Limit)
	}
	p := &Pool{options: o, next: o.Region}
	for i := range p.classes {
		size := classSize(i)
		p.classes[i] = class{pool: p, index: i, size: size, magazine: magazineOf(size)}
	}
	all := make([]cache, processors())
	p.caches.all.Store(&all)
	return p, nil
}

// Device returns the name of the device whose memory this is.
func (p *Pool) Device() string { return p.options.Device }

// Alloc implements [memory.Allocator]. An error is a [*LimitError], [ErrClosed], or
// the system's.
func (p *Pool) Alloc(n, align int) (memory.Buffer, error) {
	if uint(n) <= maxSmall && uint(align) <= minBlock && align&(align-1) == 0 && !guarding {
		class := classOf(n)
		one := p.caches.of(p.caches.pin())
		if one != nil {
			m := &one.magazines[class]
			if k := int(m.count.Load()) - 1; uint(k) < uint(len(m.items)) {
				b := m.items[k]
				add(&m.count, -1)
				add(&m.made, 1)
				p.caches.unpin(one)
				return b.buffer(n), nil
			}
		}
		p.caches.unpin(one)
		return p.small(n, class)
	}
	return p.alloc(n, align, false)
}

func (p *Pool) small(n, class int) (memory.Buffer, error) {
	if p.closed.Load() {
		return memory.Buffer{}, ErrClosed
	}
	b, err := p.allocSmall(class)
	p.tell()
	if err != nil {
		return memory.Buffer{}, err
	}
	return b.buffer(n), nil
}

// AllocZeroed implements [memory.ZeroAllocator]. Pages that the system has not backed
// yet are not touched.
func (p *Pool) AllocZeroed(n, align int) (memory.Buffer, error) {
	if n >= 0 && n <= maxSmall && align <= 1<<19 && !guarding {
		b, err := p.Alloc(n, align)
		if err == nil {
			clear(b.Bytes())
		}
		return b, err
	}
	return p.alloc(n, align, true)
}

// A stretch is a range of bytes.
type stretch struct{ from, to int }

// alloc is the way of all requests that are not small and plain. Only large buffers
// are made zero.
func (p *Pool) alloc(n, align int, zero bool) (memory.Buffer, error) {
	switch {
	case n < 0:
		panic("pool: Alloc negative size")
	case align < 0 || align&(align-1) != 0:
		panic("pool: Alloc alignment is no power of two")
	case p.closed.Load():
		return memory.Buffer{}, ErrClosed
	case align > maxRegion || n > maxRegion:
		return memory.Buffer{}, fmt.Errorf("pool %s: %d bytes at a multiple of %d are more than this machine can address", p.options.Device, n, max(align, memory.DefaultAlign))
	}
	if guarding {
		return p.guarded(n, max(align, memory.DefaultAlign), zero)
	}
	if n <= maxSmall && align <= 1<<19 {
		// The first class that is large enough and whose blocks lie well.
		for class := classOf(max(n, align)); class < classes; class++ {
			if alignment(classSize(class)) >= align {
				return p.small(n, class)
			}
		}
	}
	return p.allocLarge(n, align, zero)
}

// maxRegion is the largest region: more than any machine has, and a power of two.
const maxRegion = 1 << min(46, uintBits-3)

const uintBits = 32 << (^uint(0) >> 63)

func (p *Pool) allocLarge(n, align int, zero bool) (memory.Buffer, error) {
	granules, alignGranules := max(granulesOf(n), 1), max(granulesOf(align), 1)
	p.mu.Lock()
	r, g, err := p.takeLocked(granules, alignGranules)
	if err != nil {
		p.mu.Unlock()
		if !p.reclaim(err) {
			return memory.Buffer{}, err
		}
		p.mu.Lock()
		if r, g, err = p.takeLocked(granules, alignGranules); err != nil {
			p.mu.Unlock()
			return memory.Buffer{}, err
		}
	}
	var dirty []stretch
	if zero {
		dirty = r.notZero(g, granules)
	}
	p.holdLocked(r, g, n)
	p.mu.Unlock()
	p.tell()
	data := r.data[g*granule:][:n]
	for _, d := range dirty {
		clear(data[min(d.from, n):min(d.to, n)])
	}
	return r.span.Buffer(g, data), nil
}

// holdLocked makes what takeLocked found a large buffer.
func (p *Pool) holdLocked(r *region, g, n int) {
	r.commit(g, int(r.size[g]))
	r.asked[g] = n
	p.large++
	p.largeMade++
	p.largeAsk += int64(n)
	p.largeHave += int64(r.size[g]) * granule
}

func (p *Pool) freeLarge(r *region, g int) {
	p.mu.Lock()
	p.large--
	p.largeAsk -= int64(r.asked[g])
	p.largeHave -= int64(r.size[g]) * granule
	p.releaseLocked(r, g)
	p.mu.Unlock()
	p.tell()
	if p.closed.Load() {
		p.unmapIdle()
	}
}

// takeLocked finds granules and counts them as committed, or tells why not.
func (p *Pool) takeLocked(n, align int) (*region, int, error) {
	r := p.find(n, align)
	if r == nil {
		var err error
		if r, err = p.grow(n, align); err != nil {
			return nil, 0, err
		}
	}
	g := r.take(n, align)
	if err := p.commitLocked(int64(r.clean(g, n)) * granule); err != nil {
		r.release(g)
		return nil, 0, err
	}
	return r, g, nil
}

func (p *Pool) find(n, align int) *region {
	for _, r := range p.regions {
		if r.fits(n, align) {
			return r
		}
	}
	return nil
}

// grow maps a region for n granules at least.
func (p *Pool) grow(n, align int) (*region, error) {
	size := p.next
	for size < max(n, align)*granule {
		size *= 2
	}
	p.ids++
	r, err := newRegion(p, size, align*granule)
	if err != nil {
		return nil, err
	}
	p.next = min(2*p.next, p.options.MaxRegion)
	p.reserved += int64(len(r.mapping))
	p.metadata += r.metadata()
	at, _ := slices.BinarySearchFunc(p.regions, r, func(a, b *region) int {
		if uintptr(unsafePointer(a.data)) < uintptr(unsafePointer(b.data)) {
			return -1
		}
		return 1
	})
	p.regions = slices.Insert(p.regions, at, r)
	return r, nil
}

// limit returns the limit that counts, and whether it is the system's.
func (p *Pool) limit() (limit int64, system bool) {
	limit = p.options.Limit
	if p.options.SystemLimit != nil {
		if s := p.options.SystemLimit(); s > 0 && (limit == 0 || s < limit) {
			return s, true
		}
	}
	return limit, false
}

// commitLocked counts more bytes as committed. If that goes beyond the limit, free
// memory goes back to the system first.
func (p *Pool) commitLocked(more int64) error {
	if more == 0 {
		return nil
	}
	limit, system := p.limit()
	if limit > 0 && p.committed+more > limit {
		p.discardLocked(p.committed + more - limit)
		if p.committed+more > limit {
			return &LimitError{Device: p.options.Device, Requested: int(more), Committed: p.committed, Limit: limit, System: system}
		}
	}
	p.committed += more
	if soft := p.options.SoftLimit; soft > 0 && p.committed > soft {
		p.discardLocked(p.committed - soft)
	}
	p.untold.Store(true)
	return nil
}

// tell reports a change of the committed bytes. No lock is held.
func (p *Pool) tell() {
	if p.options.Pressure == nil || !p.untold.Load() || !p.untold.Swap(false) {
		return
	}
	p.mu.Lock()
	committed := p.committed
	limit, _ := p.limit()
	p.mu.Unlock()
	p.options.Pressure(committed, limit)
}

// discardLocked gives free memory back to the system until want bytes are.
func (p *Pool) discardLocked(want int64) (done int64) {
	for i := len(p.regions) - 1; i >= 0 && done < want && canDiscard; i-- {
		done += int64(p.regions[i].discardFree(int(want-done), false))
	}
	p.committed -= done
	if done > 0 {
		p.untold.Store(true)
	}
	return done
}

// releaseLocked takes an allocation of a region back.
func (p *Pool) releaseLocked(r *region, g int) {
	r.release(g)
	if soft := p.options.SoftLimit; soft > 0 && p.committed > soft {
		p.discardLocked(p.committed - soft)
	}
}

// reclaim is called without locks when an allocation failed. It reports whether
// another try is worth it: memory that magazines and empty slabs held was given back.
func (p *Pool) reclaim(err error) bool {
	var limit *LimitError
	if !errors.As(err, &limit) {
		return false
	}
	p.Flush()
	return true
}

// Flush empties the magazines of all processors and returns slabs that are empty to
// their regions. It stops the world for some microseconds.
func (p *Pool) Flush() {
	p.replaceCaches()
	for i := range p.classes {
		p.classes[i].trim()
	}
}

// Close unmaps the pool. Buffers that are still held are an error that tells how many
// there are; their memory stays valid until they are released, and goes then.
func (p *Pool) Close() error {
	if p.closed.Swap(true) {
		return nil
	}
	p.Flush()
	u := p.Stats()
	p.unmapIdle()
	if held := u.SmallLive + u.LargeLive; held > 0 {
		return fmt.Errorf("pool %s: closed with %d buffers of %d bytes held", p.options.Device, held, u.Requested)
	}
	return nil
}

// unmapIdle unmaps regions without allocations.
func (p *Pool) unmapIdle() {
	for i := range p.classes {
		p.classes[i].trim()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.quarantine.unmap()
	p.regions = slices.DeleteFunc(p.regions, func(r *region) bool { return r.used == 0 && p.unmapLocked(r) })
}

// unmapLocked unmaps a region that nobody uses; the caller takes it from the list.
func (p *Pool) unmapLocked(r *region) bool {
	p.committed -= int64(r.dirty.count(0, r.granules)) * granule
	p.untold.Store(true)
	p.reserved -= int64(len(r.mapping))
	p.metadata -= r.metadata()
	unmap(r.mapping)
	return true
}
