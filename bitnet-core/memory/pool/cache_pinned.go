//go:build !race

package pool

import (
	"runtime"
	"sync/atomic"
	_ "unsafe" // for go:linkname
)

// Each processor of the Go scheduler has a cache, which only the goroutine that is
// pinned to the processor may touch: no lock and no atomic operation is needed. See
// docs/adr/0017.

// procPin keeps the goroutine on its processor, without preemption, until procUnpin,
// and returns the processor's number. sync.Pool uses it.
//
//go:linkname procPin runtime.procPin
func procPin() int

//go:linkname procUnpin runtime.procUnpin
func procUnpin()

// caches is what the processors share: the slice is replaced, never changed.
type caches struct{ all atomic.Pointer[[]cache] }

// exclusion is by pinning.
type exclusion struct{} //nolint:unused // embedded

// pin keeps the goroutine on its processor until unpin, and returns the number for of.
// They are two so that the compiler inlines both.
func (c *caches) pin() int { return procPin() }

// of returns this processor's cache, or nil if it has none yet.
func (c *caches) of(processor int) *cache {
	if all := *c.all.Load(); processor < len(all) {
		return &all[processor]
	}
	return nil
}

func (c *caches) unpin(*cache) { procUnpin() }

// drained returns when nobody is in one of the caches that were replaced. Stopping the
// world, which ReadMemStats does, waits for every pinned goroutine: none of those that
// go on afterwards has seen the old caches.
func (c *caches) drained([]cache) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
}

// processors returns how many caches there should be.
func processors() int { return runtime.GOMAXPROCS(0) }

// add is for counters that only the pinned goroutine changes, and others read.
func add(p *atomic.Int64, v int64) { *(*int64)(ptr(p)) += v }

// storePrivate stores to a word that belongs to whoever holds the block.
func storePrivate(p *uint32, v uint32) { *p = v }

// loadPrivate reads such a word for the statistics, which may be a moment late.
func loadPrivate(p *uint32) uint32 { return atomic.LoadUint32(p) }
