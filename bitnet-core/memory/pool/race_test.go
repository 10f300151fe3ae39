package pool

import (
	"bytes"
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// TestCompactConcurrent: while six goroutines allocate, pin, write and release, two
// flush, compact, trim and describe the pool. Every buffer holds what its owner wrote
// last, whatever moved, and nothing is left.
func TestCompactConcurrent(t *testing.T) {
	p := open(t, Options{Region: 8 << 20, MaxRegion: 16 << 20, SoftLimit: 96 << 20, Limit: 256 << 20})
	var stop atomic.Bool
	var workers, others sync.WaitGroup
	var moved atomic.Int64
	for w := range 6 {
		workers.Go(func() { churn(t, p, rand.New(rand.NewPCG(uint64(w), 7))) })
	}
	for w := range 2 {
		others.Go(func() {
			for i := 0; !stop.Load(); i++ {
				done, err := p.Compact(context.Background(), i%4 == 3)
				if err != nil {
					t.Error(err)
				}
				if i%4 != 3 {
					moved.Add(int64(done.Buffers))
				}
				p.Trim(int64(i%3)<<20, nil, i%5 == 4)
				p.Stats()
				p.Regions()
				p.Snapshot()
				p.Advance()
				time.Sleep(time.Duration(w+1) * 100 * time.Microsecond)
			}
		})
	}
	workers.Wait()
	stop.Store(true)
	others.Wait()
	if !guarding {
		require.Positive(t, moved.Load())
	}
	p.Flush()
	p.Trim(0, nil, false)
	u := p.Stats()
	require.Zero(t, u.Requested)
	require.Zero(t, u.Allocated)
	if canDiscard && !guarding {
		require.Zero(t, u.Committed)
		require.Zero(t, u.Reserved)
	}
}

// churn holds up to 40 buffers, of which half may move and some are pinned.
func churn(t *testing.T, p *Pool, r *rand.Rand) {
	type held struct {
		movable memory.Movable
		fixed   memory.Buffer
		pinned  []byte
		mark    byte
	}
	bytesOf := func(h *held) []byte {
		switch {
		case h.movable == nil:
			return h.fixed.Bytes()
		case h.pinned != nil:
			return h.pinned
		}
		return h.movable.Pin()
	}
	check := func(h *held) {
		data := bytesOf(h)
		if n := len(data); n > 0 && bytes.Count(data[:min(n, 4096)], []byte{h.mark}) != min(n, 4096) || n > 0 && data[n-1] != h.mark {
			t.Errorf("%d bytes do not hold what was written", n)
		}
	}
	done := func(h *held) {
		if h.movable != nil && h.pinned == nil {
			h.movable.Unpin()
		}
	}
	var all []*held
	drop := func(i int) {
		h := all[i]
		all[i] = all[len(all)-1]
		all = all[:len(all)-1]
		check(h)
		done(h)
		switch {
		case h.movable == nil:
			h.fixed.Release()
		default:
			if h.pinned != nil {
				h.movable.Unpin()
			}
			h.movable.Release()
		}
	}
	for i := range 1500 {
		if len(all) > 0 && (len(all) == 40 || r.IntN(5) < 2) {
			drop(r.IntN(len(all)))
			continue
		}
		n := 1 + r.IntN(40_000)
		if r.IntN(10) == 0 {
			n = 1<<20 + r.IntN(1<<20)
		}
		h := &held{mark: byte(i) | 1}
		var err error
		if r.IntN(2) == 0 {
			h.movable, err = p.AllocMovable(n, 0)
		} else {
			h.fixed, err = p.Alloc(n, 0)
		}
		if err != nil {
			t.Error(err)
			break
		}
		data := bytesOf(h)
		for k := range data {
			data[k] = h.mark
		}
		done(h)
		if h.movable != nil && h.movable.Len() != n {
			t.Error("Len")
		}
		if h.movable != nil && r.IntN(4) == 0 {
			h.pinned = h.movable.Pin()
		}
		all = append(all, h)
		if len(all) > 1 {
			h := all[r.IntN(len(all))]
			check(h)
			done(h)
		}
	}
	for len(all) > 0 {
		drop(len(all) - 1)
	}
}
