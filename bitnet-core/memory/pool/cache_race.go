//go:build race

package pool

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
)

// The race detector cannot see that pinned goroutines exclude each other: here a
// cache is any of some, under its lock.

type caches struct{ all atomic.Pointer[[]cache] }

type exclusion struct{ mu sync.Mutex }

// pin locks a cache, or returns nil if there is none yet.
func (c *caches) pin() *cache {
	for {
		all := *c.all.Load()
		if len(all) == 0 {
			return nil
		}
		one := &all[rand.IntN(len(all))]
		one.mu.Lock()
		if &(*c.all.Load())[0] == &all[0] {
			return one
		}
		one.mu.Unlock() // replaced meanwhile
	}
}

func (c *caches) of(one *cache) *cache { return one }

func (c *caches) unpin(one *cache) {
	if one != nil {
		one.mu.Unlock()
	}
}

// drained returns when nobody is in one of the caches that were replaced.
func (c *caches) drained(old []cache) {
	for i := range old {
		old[i].mu.Lock() // who held it has left, who waited sees that it was replaced
		old[i].mu.Unlock()
	}
}

// processors returns how many caches there should be: 0 would never do.
func processors() int { return max(runtime.GOMAXPROCS(0), 2) }

func add(p *atomic.Int64, v int64) { p.Add(v) }

func storePrivate(p *uint32, v uint32) { atomic.StoreUint32(p, v) }

func loadPrivate(p *uint32) uint32 { return atomic.LoadUint32(p) }
