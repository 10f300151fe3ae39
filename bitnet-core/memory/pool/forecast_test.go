//go:build unix && !memtrace

package pool

import (
	"cmp"
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// TestForecast: regions are forecast as they are afterwards, and asking changes
// nothing.
func TestForecast(t *testing.T) {
	var moves, forecasts int
	for seed := range uint64(20) {
		p := open(t, Options{Region: 8 << 20, MaxRegion: 8 << 20})
		r := rand.New(rand.NewPCG(seed, 1))
		var all []memory.Movable
		for range 600 {
			n := 1 + r.IntN(50_000)
			if r.IntN(20) == 0 {
				n = 1<<20 + r.IntN(2<<20)
			}
			m, err := p.AllocMovable(n, 0)
			require.NoError(t, err)
			all = append(all, m)
		}
		p.Advance()
		for _, m := range all {
			if r.IntN(4) > 0 {
				m.Release()
			} else {
				defer m.Release()
			}
		}
		p.Advance()
		before := describe(t, p)
		flushed, _, err := p.Forecast(t.Context(), nil, false)
		require.NoError(t, err)
		moved, would, err := p.Forecast(t.Context(), nil, true)
		require.NoError(t, err)
		require.Equal(t, before, describe(t, p), "seed %d", seed)
		p.Flush()
		same(t, p, flushed, 0)
		did, err := p.Compact(t.Context(), false)
		require.NoError(t, err)
		// Large buffers of regions that are equally full move in any order, so that one
		// seed may be off by seven of fifty.
		require.InDelta(t, did.Buffers, would.Buffers, 0.3*float64(did.Buffers), "seed %d", seed)
		moves += did.Buffers
		forecasts += would.Buffers
		same(t, p, moved, 8<<20)
	}
	require.InEpsilon(t, moves, forecasts, 0.05)
}

// same compares what regions have in use with a forecast, within delta bytes in total.
func same(t *testing.T, p *Pool, forecast []RegionInfo, delta int64) {
	t.Helper()
	var is, was int64
	regions := p.Regions()
	require.Len(t, forecast, len(regions))
	for i, r := range regions {
		require.Equal(t, r.ID, forecast[i].ID)
		is += r.Committed - r.Free
		was += forecast[i].Committed - forecast[i].Free
		if delta == 0 {
			require.Equal(t, r.Used, forecast[i].Used)
			require.Equal(t, r.Slabs, forecast[i].Slabs)
		}
	}
	require.InDelta(t, is, was, float64(delta)/4)
}

func describe(t *testing.T, p *Pool) string {
	t.Helper()
	text, err := json.Marshal(p.Snapshot())
	require.NoError(t, err)
	return string(text)
}

// TestTrimMost: a trim returns what it was asked for and no more, in granules.
func TestTrimMost(t *testing.T) {
	p := open(t, Options{Region: 16 << 20})
	b, err := p.Alloc(16<<20, 0)
	require.NoError(t, err)
	b.Release()
	for _, dry := range []bool{true, false} {
		require.EqualValues(t, 1<<20, p.Trim(1<<20, nil, dry).Bytes)
	}
	require.EqualValues(t, 15<<20, p.Stats().Committed)
}

// TestCompactRegions: only the chosen regions are left.
func TestCompactRegions(t *testing.T) {
	p := open(t, Options{Region: 4 << 20, MaxRegion: 4 << 20})
	var all []memory.Movable
	for range 16 {
		m, err := p.AllocMovable(1<<20, 0)
		require.NoError(t, err)
		all = append(all, m)
	}
	for i, m := range all {
		if i%4 == 0 {
			defer m.Release()
		} else {
			m.Release()
		}
	}
	regions := p.Regions()
	require.Len(t, regions, 4, "one buffer in each")
	chosen := regions[3].ID
	done, err := p.CompactRegions(context.Background(), func(r RegionInfo) bool { return r.ID == chosen }, false)
	require.NoError(t, err)
	require.Equal(t, 1, done.Buffers)
	require.Zero(t, done.Committed, "it went where something had been")
	require.Equal(t, 1, p.Trim(0, nil, false).Regions)
	done, err = p.Compact(context.Background(), false)
	require.NoError(t, err)
	require.Equal(t, 2, done.Buffers, "regions that are equally full become one")
	require.EqualValues(t, 2<<20, done.Committed, "all that was free had gone")
	require.Equal(t, 2, p.Trim(0, nil, false).Regions)
	require.Len(t, p.Regions(), 1)
}

// TestCompactEqualSlabs: slabs that are equally full become one.
func TestCompactEqualSlabs(t *testing.T) {
	p := open(t, Options{})
	type one struct {
		memory.Movable
		at uintptr
	}
	var all []one
	for range 32 {
		m, err := p.AllocMovable(64<<10, 0)
		require.NoError(t, err)
		all = append(all, one{m, uintptr(unsafePointer(m.Pin()))})
		m.Unpin()
	}
	slices.SortFunc(all, func(a, b one) int { return cmp.Compare(a.at, b.at) })
	for _, o := range all[1 : len(all)-1] {
		o.Release()
	}
	defer all[0].Release()
	defer all[len(all)-1].Release()
	p.Flush()
	require.Equal(t, 2, p.Stats().Slabs)
	_, would, err := p.Forecast(t.Context(), nil, true)
	require.NoError(t, err)
	require.Equal(t, 1, would.Buffers)
	done, err := p.Compact(t.Context(), false)
	require.NoError(t, err)
	require.Equal(t, 1, done.Buffers)
	require.Equal(t, 1, p.Stats().Slabs)
}
