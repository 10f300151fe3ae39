//go:build race

package memory

import "sync/atomic"

// storePrivate is an atomic store here: the race detector knows no private words.
func storePrivate(p *atomic.Uint64, v uint64) { p.Store(v) }
