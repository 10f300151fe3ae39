package device

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// Bandwidth is how many bytes a second some threads together move between memory
// and their cores. The zero value is one that has not been measured.
type Bandwidth struct {
	Threads int       `json:"threads"`
	Buffer  int       `json:"buffer_bytes"`           // that was read, written, or copied one half to the other
	Read    float64   `json:"read_bytes_per_second"`  // what a decoder that streams weights is bound by
	Write   float64   `json:"write_bytes_per_second"` // as clear does it; 0 if only reading was measured
	Copy    float64   `json:"copy_bytes_per_second"`  // as copy does it, each byte counted twice, read and written (STREAM); 0 likewise
	Time    time.Time `json:"time"`                   // when it was measured
}

// BandwidthOptions say how to measure. The zero value suits a machine that has
// nothing else to do, and takes less than a second there.
type BandwidthOptions struct {
	Threads  int               // 0: DefaultThreads
	Buffer   int               // bytes, far more than the caches hold; 0: BandwidthBuffer
	Time     time.Duration     // spent on each of reading, writing and copying; 0: 150 ms. Three passes are made at least
	ReadOnly bool              // writing and copying are left out
	Progress func(what string) // told "read", "write" and "copy" before each begins; may be nil
}

func (o BandwidthOptions) withDefaults() BandwidthOptions {
	if o.Threads == 0 {
		o.Threads = DefaultThreads()
	}
	if o.Buffer == 0 {
		o.Buffer = BandwidthBuffer(Detect())
	}
	if o.Time == 0 {
		o.Time = 150 * time.Millisecond
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	return o
}

// Sizes of the buffer that a measurement uses.
const (
	minBuffer   = 512 << 20
	maxBuffer   = 1 << 30
	overCache   = 8       // times the last-level cache
	leastBuffer = 1 << 20 // where memory is short
)

// BandwidthBuffer returns how many bytes [MeasureBandwidth] uses on a machine: eight
// times a last-level cache, 512 MiB to 1 GiB, but a quarter of the free memory at most,
// and 1 MiB where that is less.
func BandwidthBuffer(d Info) int {
	size := min(max(overCache*max(d.Cache.L3, d.Cache.L2), minBuffer), maxBuffer)
	for _, free := range []uint64{d.MemoryAvailable, d.MemoryLimit} {
		if free > 0 {
			size = min(size, free/4)
		}
	}
	return int(max(size, leastBuffer))
}

// errMemory reports bytes that are not those that were stored.
var errMemory = errors.New("device: memory read back is not what was stored: the machine is faulty")

// minPasses are made of each kind, however long they take. The first of a kind may
// be slow: its threads wake up.
const minPasses = 3

// MeasureBandwidth measures how fast threads read, write and copy a buffer that is far
// larger than the caches; the best of several passes counts. What was read,
// written and copied is checked, so that every byte has been moved. It needs
// a machine whose cores are free: beside other work it measures what that leaves.
// An error is one of ctx, or says that there is no memory for the buffer.
func MeasureBandwidth(ctx context.Context, o BandwidthOptions) (Bandwidth, error) {
	o = o.withDefaults()
	words := o.Buffer / 8 / (2 * grain) * (2 * grain)
	if words <= 0 || o.Threads < 0 {
		panic("device: MeasureBandwidth options")
	}
	if err := ctx.Err(); err != nil {
		return Bandwidth{}, err
	}
	buf, err := memory.Mapped().Alloc(8*words, 64)
	if err != nil {
		return Bandwidth{}, fmt.Errorf("a buffer to measure the memory bandwidth: %w", err)
	}
	defer buf.Release()
	pool := parallel.New(o.Threads)
	defer pool.Close()
	s := stream{pool, unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(buf.Bytes()))), words)}
	s.fill()

	b := Bandwidth{Threads: pool.Threads(), Buffer: 8 * words, Time: time.Now().UTC().Truncate(time.Second)}
	want := uint64(words) * uint64(words-1) / 2
	o.Progress("read")
	if b.Read, err = s.best(ctx, o.Time, 8*words, func() bool { return s.sum(0, words) == want }); err != nil || o.ReadOnly {
		return b.orNone(err)
	}
	half := words / 2
	low := uint64(half) * uint64(half-1) / 2
	o.Progress("copy")
	if b.Copy, err = s.best(ctx, o.Time, 8*words, func() bool { s.copyHalf(); return true }); err == nil && s.sum(half, words) != low {
		err = errMemory
	}
	if err != nil {
		return b.orNone(err)
	}
	o.Progress("write")
	if b.Write, err = s.best(ctx, o.Time, 8*words, func() bool { s.clear(); return true }); err == nil && s.sum(0, words) != 0 {
		err = errMemory
	}
	return b.orNone(err)
}

// orNone returns b unless there is an error.
func (b Bandwidth) orNone(err error) (Bandwidth, error) {
	if err != nil {
		return Bandwidth{}, err
	}
	return b, nil
}

// grain is how many words a thread takes at a time at least: 4 KiB of them, so that no
// two threads share a cache line or a page.
const grain = 512

// A stream moves the words of a buffer with the threads of a pool.
type stream struct {
	pool *parallel.Pool
	data []uint64 // a multiple of 2*grain
}

// best returns the bytes a second of the fastest pass, each of which moves n bytes
// and reports whether they were right.
func (s stream) best(ctx context.Context, atLeast time.Duration, n int, pass func() bool) (float64, error) {
	shortest := time.Duration(math.MaxInt64)
	begin := time.Now()
	for i := 0; i < minPasses || time.Since(begin) < atLeast; i++ {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		start := time.Now()
		right := pass()
		shortest = min(shortest, max(time.Since(start), 1))
		if !right {
			return 0, errMemory
		}
	}
	return float64(n) / shortest.Seconds(), nil
}

// fill stores its number in each word.
func (s stream) fill() {
	s.pool.Range(len(s.data), grain, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			s.data[i] = uint64(i)
		}
	})
}

// sum adds up the words from one number up to another, modulo 2⁶⁴.
func (s stream) sum(from, to int) uint64 {
	var total atomic.Uint64
	s.pool.Range(to-from, grain, func(lo, hi int) { total.Add(sum(s.data[from+lo : from+hi])) })
	return total.Load()
}

// copyHalf copies the first half over the second one.
func (s stream) copyHalf() {
	half := len(s.data) / 2
	s.pool.Range(half, grain, func(lo, hi int) { copy(s.data[half+lo:half+hi], s.data[lo:hi]) })
}

func (s stream) clear() {
	s.pool.Range(len(s.data), grain, func(lo, hi int) { clear(s.data[lo:hi]) })
}

// unroll is the number of words that sum takes at a time: a cache line.
const unroll = 8

// sum adds up the words of d, a multiple of unroll. Independent sums let a core
// have as many loads under way as it can.
func sum(d []uint64) uint64 {
	var a, b, c, e uint64
	for ; len(d) >= unroll; d = d[unroll:] {
		a += d[0] + d[4]
		b += d[1] + d[5]
		c += d[2] + d[6]
		e += d[3] + d[7]
	}
	return a + b + c + e
}
