package reclaim

import (
	"context"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
)

// forecast is a worker that changes nothing. It keeps what trims would have returned
// apart from the regions as they would be without them.
type forecast struct {
	pool     Pool
	usage    memory.Usage
	regions  []pool.RegionInfo
	trimmed  map[uint64]int64 // by region: bytes returned
	unmapped map[uint64]bool
}

func newForecast(p Pool, s State) *forecast {
	return &forecast{pool: p, usage: s.Usage, regions: s.Regions, trimmed: map[uint64]int64{}, unmapped: map[uint64]bool{}}
}

func (f *forecast) trim(_ context.Context, most int64, choose func(pool.RegionInfo) bool) (pool.Trimmed, error) {
	var done pool.Trimmed
	for i := len(f.regions) - 1; i >= 0 && (most == 0 || done.Bytes < most); i-- {
		r := f.regions[i]
		if f.unmapped[r.ID] || choose != nil && !choose(r) {
			continue
		}
		free := r.Free - f.trimmed[r.ID] // less than none if a move took what a trim had returned
		if most > 0 {
			free = min(free, most-done.Bytes)
		}
		done.Bytes += free
		f.trimmed[r.ID] += free
		if r.Used == 0 && f.trimmed[r.ID] == r.Free {
			f.unmapped[r.ID] = true
			done.Regions++
		}
	}
	return done, nil
}

func (f *forecast) flush(ctx context.Context) error {
	_, err := f.look(ctx, nil, false)
	return err
}

func (f *forecast) compact(ctx context.Context, choose func(pool.RegionInfo) bool) (pool.Moved, error) {
	return f.look(ctx, choose, true)
}

// look asks the pool, if it knows.
func (f *forecast) look(ctx context.Context, choose func(pool.RegionInfo) bool, compact bool) (pool.Moved, error) {
	p, ok := f.pool.(Forecaster)
	if !ok {
		return pool.Moved{}, nil
	}
	regions, moved, err := p.Forecast(ctx, choose, compact)
	f.regions = regions
	return moved, err
}

func (f *forecast) measure() Measure {
	u := f.usage
	u.LargestFree, u.Committed = 0, 0
	n := 0
	for _, r := range f.regions {
		if f.unmapped[r.ID] {
			u.Reserved = max(u.Reserved-r.Bytes, 0)
			continue
		}
		n++
		u.Committed += r.Committed - f.trimmed[r.ID]
		u.LargestFree = max(u.LargestFree, min(r.Largest, r.Free-f.trimmed[r.ID]))
	}
	return measure(u, n, 0)
}
