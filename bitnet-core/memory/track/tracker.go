package track

import (
	"math/bits"
	"runtime"
	"sync"
	"time"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// Options say what a [Tracker] keeps. The zero value keeps nothing.
type Options struct {
	Level  Level
	Device string // name of the inner allocator's device in reports; "cpu" if empty
	// Events is how many of the newest events the timeline of level Detailed keeps
	// at least; 16384 if 0 or less. They take 56 bytes each, for every shard in use.
	Events int
}

func (o Options) withDefaults() Options {
	if o.Device == "" {
		o.Device = "cpu"
	}
	if o.Events <= 0 {
		o.Events = 1 << 14
	}
	return o
}

// A Tracker is an allocator that accounts for the buffers of another one. It may be
// used from several goroutines.
type Tracker struct {
	options Options
	start   time.Time
	shards  []*shard // a power of two
	shift   int      // of a 64-bit hash to the index of a shard
	root    *view    // untagged, of the first device

	mu       sync.Mutex // guards what follows, together with all shards
	accounts []account
	devices  []device
	rows     map[rowKey]uint32
}

// A device is an allocator by name.
type device struct {
	name    string
	account uint32
	inner   memory.Allocator
}

type rowKey struct {
	device uint32 // index in devices
	tag    string
}

// New returns a Tracker of the buffers that a hands out through it.
func New(a memory.Allocator, o Options) *Tracker {
	o = o.withDefaults()
	t := &Tracker{options: o, start: time.Now(), rows: map[rowKey]uint32{}}
	if o.Level != None {
		// Eight shards for each P, but no more than 64, make it likely that goroutines
		// that run at a time are in different ones.
		shardBits := min(bits.Len(uint(8*runtime.GOMAXPROCS(0)-1)), 6)
		t.shift = 64 - shardBits
		for i := range 1 << shardBits {
			t.shards = append(t.shards, &shard{tracker: t, index: uint64(i)})
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.newAccount() // totalAccount
	t.root = t.newDevice(o.Device, a)
	return t
}

// Device returns an allocator that hands out a's buffers and accounts for them in t,
// under the name of another device. A name that t has already panics.
func (t *Tracker) Device(name string, a memory.Allocator) memory.Allocator {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range t.devices {
		if d.name == name {
			panic("track: Tracker.Device name is taken")
		}
	}
	return t.newDevice(name, a)
}

// newDevice wants t.mu.
func (t *Tracker) newDevice(name string, a memory.Allocator) *view {
	t.devices = append(t.devices, device{name: name, account: t.newAccount(), inner: a})
	return t.newView(uint32(len(t.devices)-1), a, a, "")
}

// Level returns the level that t was made with.
func (t *Tracker) Level() Level { return t.options.Level }

// Alloc returns a buffer of the inner allocator, untagged.
func (t *Tracker) Alloc(n, align int) (memory.Buffer, error) {
	b, err := t.root.inner.Alloc(n, align)
	return t.root.track(b, err)
}

// AllocZeroed is Alloc for bytes that are zero.
func (t *Tracker) AllocZeroed(n, align int) (memory.Buffer, error) {
	b, err := memory.AllocZeroed(t.root.inner, n, align)
	return t.root.track(b, err)
}

// Tagged returns an allocator whose buffers t accounts for under tag, and the inner
// allocator too if it is a [memory.Tagger]. A Tracker keeps what it knows of a tag
// for good: tags are purposes, not names of requests.
func (t *Tracker) Tagged(tag string) memory.Allocator { return t.root.Tagged(tag) }

// Usage returns that of the inner allocator. If it has none, what the buffers asked
// for stands for all that is known, so that fragmentation shows as none.
func (t *Tracker) Usage() memory.Usage { return t.root.Usage() }

// A view is an allocator of a tracker for one device and tag.
type view struct {
	tracker *Tracker
	base    memory.Allocator // of the device
	inner   memory.Allocator // base, or what it made of the tag
	device  uint32           // index in devices
	account uint32           // of the device
	row     uint32           // account of the device and tag
}

// newView wants t.mu.
func (t *Tracker) newView(device uint32, base, inner memory.Allocator, tag string) *view {
	row, ok := t.rows[rowKey{device, tag}]
	if !ok {
		row = t.newAccount()
		t.accounts[row].device, t.accounts[row].tag = t.devices[device].name, tag
		t.rows[rowKey{device, tag}] = row
	}
	return &view{tracker: t, base: base, inner: inner, device: device, account: t.devices[device].account, row: row}
}

func (v *view) Alloc(n, align int) (memory.Buffer, error) {
	b, err := v.inner.Alloc(n, align)
	return v.track(b, err)
}

func (v *view) AllocZeroed(n, align int) (memory.Buffer, error) {
	b, err := memory.AllocZeroed(v.inner, n, align)
	return v.track(b, err)
}

func (v *view) Tagged(tag string) memory.Allocator {
	inner := memory.Tagged(v.base, tag)
	t := v.tracker
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.newView(v.device, v.base, inner, tag)
}

func (v *view) Usage() memory.Usage {
	t := v.tracker
	if m, ok := v.inner.(memory.Meter); ok {
		return m.Usage()
	}
	t.lockAll()
	defer t.unlockAll()
	live := t.sum(v.account).LiveBytes
	return memory.Usage{Requested: live, Allocated: live, Committed: live}
}

// track makes a buffer of the tracker from one of the inner allocator. Its caller is
// the method that the user called.
func (v *view) track(b memory.Buffer, err error) (memory.Buffer, error) {
	t := v.tracker
	level := t.options.Level
	if level == None {
		return b, err
	}
	if err != nil {
		v.failed()
		return memory.Buffer{}, err
	}
	if level == Detailed {
		return v.trackDetailed(b), nil
	}
	var now int64
	if level == Standard {
		now = t.now()
	}
	data := b.Bytes()
	s := t.lockShard(v, int64(len(data)))
	r := s.begin(v, b, now)
	if level == Standard {
		s.sizes.add(uint64(len(data)))
	}
	tracked := r.chunk.span.Buffer(int(r.block), data)
	s.mu.Unlock()
	return tracked, nil
}

// trackDetailed is track for level Detailed, apart so that the others need no room for
// a stack.
func (v *view) trackDetailed(b memory.Buffer) memory.Buffer {
	t := v.tracker
	var calls [walkFrames]uintptr
	hash := hashCalls(&calls, walk(&calls), v.row)
	data := b.Bytes()
	now := t.now()
	s := t.lockShard(v, int64(len(data)))
	r := s.begin(v, b, now)
	s.sizes.add(uint64(len(data)))
	at, isNew := s.sites.find(hash, &calls, v.row)
	if isNew {
		// From the method that the user called: Callers, trackDetailed and track are below.
		runtime.Callers(4, s.sites.sites[at].stack[:])
	}
	r.site = at
	s.sites.sites[at].begin(int64(len(data)))
	s.timeline.put(r, now, false, t.options.Events)
	tracked := r.chunk.span.Buffer(int(r.block), data)
	s.mu.Unlock()
	return tracked
}

// now returns the nanoseconds since t was made.
func (t *Tracker) now() int64 { return int64(time.Since(t.start)) }

// lockShard returns a locked shard in which v's accounts have room for n bytes more.
func (t *Tracker) lockShard(v *view, n int64) *shard {
	s := t.lockAny()
	if !s.cells[totalAccount].fits(n) || !s.cells[v.account].fits(n) || !s.cells[v.row].fits(n) {
		t.makeRoom(s, v, n)
	}
	return s
}

// lockAny returns a locked shard. Goroutines have different stacks, so where the stack
// lies chooses it.
func (t *Tracker) lockAny() *shard {
	var here byte
	at := uint64(uintptr(unsafe.Pointer(&here))) >> 13 * hashFactor >> t.shift
	s := t.shards[at]
	if !s.mu.TryLock() {
		s = t.shards[(at+1)%uint64(len(t.shards))]
		s.mu.Lock()
	}
	return s
}

// hashFactor is the golden ratio's part of 2^64: multiplied by it, neighbours come to
// lie far apart.
const hashFactor = 0x9e3779b97f4a7c15

func (v *view) failed() {
	s := v.tracker.lockAny()
	defer s.mu.Unlock()
	for _, a := range [...]uint32{totalAccount, v.account, v.row} {
		s.cells[a].failed++
	}
}

// lockAll stops all accounting.
func (t *Tracker) lockAll() {
	t.mu.Lock()
	for _, s := range t.shards {
		s.mu.Lock()
	}
}

func (t *Tracker) unlockAll() {
	for _, s := range t.shards {
		s.mu.Unlock()
	}
	t.mu.Unlock()
}
