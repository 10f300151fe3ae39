package bench

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/device"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// Sizes of the buffer that Bandwidth reads.
const (
	minBuffer = 512 << 20
	maxBuffer = 1 << 30
	overCache = 8 // times the last-level cache
)

// BufferSize returns how many bytes suit [Bandwidth] on a machine: eight times a
// last-level cache, 512 MiB to 1 GiB, and at most a quarter of the free memory.
func BufferSize(d device.Info) int {
	size := min(max(overCache*max(d.Cache.L3, d.Cache.L2), minBuffer), maxBuffer)
	for _, free := range []uint64{d.MemoryAvailable, d.MemoryLimit} {
		if free > 0 {
			size = min(size, free/4)
		}
	}
	return int(size)
}

// A Bandwidth measurement makes passes for this long, and these many at least.
const (
	bandwidthTime   = time.Second
	bandwidthPasses = 5
)

// errMemory reports a sum that is not the one of what was stored.
var errMemory = errors.New("memory read back is not what was stored: the machine is faulty")

// Bandwidth measures the bytes a second that the threads of pool together read
// from a buffer of size bytes, which should be far larger than the caches.
func Bandwidth(ctx context.Context, pool *parallel.Pool, size int) (float64, error) {
	const grain = 8 * unroll
	words := size / 8 / grain * grain
	if words == 0 {
		panic("bench: Bandwidth size")
	}
	buf, err := memory.Mapped().Alloc(8*words, 64)
	if err != nil {
		return 0, fmt.Errorf("a buffer to measure the memory bandwidth: %w", err)
	}
	defer buf.Release()
	data := unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(buf.Bytes()))), words)
	pool.Range(words, grain, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			data[i] = uint64(i)
		}
	})
	want := uint64(words) * uint64(words-1) / 2

	best := time.Duration(1<<63 - 1)
	begin := time.Now()
	for pass := 0; pass < bandwidthPasses || time.Since(begin) < bandwidthTime; pass++ {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		var total atomic.Uint64
		start := time.Now()
		pool.Range(words, grain, func(lo, hi int) { total.Add(sum(data[lo:hi])) })
		best = min(best, max(time.Since(start), 1))
		if total.Load() != want {
			return 0, errMemory
		}
	}
	return float64(8*words) / best.Seconds(), nil
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
