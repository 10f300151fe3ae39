package reclaim

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
)

// slow is a pool whose trims take a second, and which does not like two at once.
type slow struct {
	epoch        atomic.Uint64
	busy         atomic.Int32
	trims, moves atomic.Int32
	overlap      atomic.Bool
}

func (*slow) Usage() memory.Usage { return memory.Usage{Committed: 1 << 20} }

func (s *slow) Regions() []pool.RegionInfo {
	return []pool.RegionInfo{{ID: 1, Bytes: 1 << 20, Free: 1 << 20, Committed: 1 << 20}}
}

func (*slow) Flush() {}

func (s *slow) Trim(int64, func(pool.RegionInfo) bool, bool) pool.Trimmed {
	s.trims.Add(1)
	if s.busy.Add(1) > 1 {
		s.overlap.Store(true)
	}
	time.Sleep(time.Second)
	s.busy.Add(-1)
	return pool.Trimmed{Bytes: 1 << 20}
}

func (s *slow) CompactRegions(ctx context.Context, _ func(pool.RegionInfo) bool, _ bool) (pool.Moved, error) {
	s.moves.Add(1)
	return pool.Moved{}, ctx.Err()
}

func (s *slow) Epoch() uint64 { return s.epoch.Load() }

func (s *slow) Advance() uint64 { return s.epoch.Add(1) }

// TestPeriodic: a run and an epoch at every interval; the last reports are kept.
func TestPeriodic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &slow{}
		var told []Record
		r, err := Start(t.Context(), p, Schedule{Interval: 10 * time.Second, Keep: 3, Done: func(r Record) { told = append(told, r) }})
		require.NoError(t, err)
		time.Sleep(51*time.Second + 500*time.Millisecond)
		synctest.Wait()
		require.EqualValues(t, 5, p.epoch.Load())
		require.EqualValues(t, 5, p.trims.Load())
		records := r.Records()
		require.Len(t, records, 3)
		require.Len(t, told, 5)
		require.Equal(t, told[2:], records)
		for _, one := range records {
			require.NoError(t, one.Err)
			require.Zero(t, one.Level)
			require.Equal(t, "idle", one.Report.Strategy)
			require.EqualValues(t, 1<<20, one.Report.Freed)
			require.Equal(t, time.Second, one.Report.Time)
			require.Equal(t, one.Report.Time, one.Report.Steps[0].Time)
		}
		require.Equal(t, 10*time.Second, records[2].Begin.Sub(records[1].Begin))
		require.NoError(t, r.Close())
		require.NoError(t, r.Close(), "once more")
		time.Sleep(time.Minute)
		require.EqualValues(t, 5, p.trims.Load(), "after Close")
	})
}

// TestTrigger: pressure causes a run at once, or as soon as another has ended and the
// pause is over; several levels meanwhile are one run at the highest.
func TestTrigger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &slow{}
		r, err := Start(t.Context(), p, Schedule{Interval: time.Hour, Pause: 5 * time.Second})
		require.NoError(t, err)
		start := time.Now()
		r.Trigger(0)
		synctest.Wait()
		require.Zero(t, p.trims.Load())
		r.Trigger(2)
		synctest.Wait()
		require.EqualValues(t, 1, p.trims.Load(), "at once")
		for _, level := range []int{1, 4, 2, 3} {
			r.Trigger(level)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		records := r.Records()
		require.Len(t, records, 2)
		require.Equal(t, 2, records[0].Level)
		require.Equal(t, 4, records[1].Level)
		require.Zero(t, records[0].Begin.Sub(start))
		require.Equal(t, 6*time.Second, records[1].Begin.Sub(start), "the run and the pause")
		require.EqualValues(t, 1, p.moves.Load(), "at level 4 only")
		require.False(t, p.overlap.Load())
		require.NoError(t, r.Close())
	})
}

// TestTriggerOverlap: whatever happens when, there is one run at a time.
func TestTriggerOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &slow{}
		r, err := Start(t.Context(), p, Schedule{Interval: 1500 * time.Millisecond, Jitter: 1})
		require.NoError(t, err)
		for range 300 {
			time.Sleep(70 * time.Millisecond)
			r.Trigger(3)
		}
		require.Greater(t, p.trims.Load(), int32(10))
		require.False(t, p.overlap.Load())
		require.NoError(t, r.Close())
	})
}

// TestEnd: a context ends it as Close does.
func TestEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := &slow{}
		r, err := Start(ctx, p, Schedule{Interval: time.Second})
		require.NoError(t, err)
		cancel()
		synctest.Wait()
		r.Trigger(4)
		time.Sleep(time.Hour)
		require.Zero(t, p.trims.Load())
		require.NoError(t, r.Close())
	})
}

// TestJitter: intervals vary within their bounds.
func TestJitter(t *testing.T) {
	r := &Reclaimer{schedule: Schedule{Interval: time.Second, Jitter: 0.25}}
	least, most := time.Hour, time.Duration(0)
	for range 1000 {
		d := r.interval()
		least, most = min(least, d), max(most, d)
	}
	require.GreaterOrEqual(t, least, 750*time.Millisecond)
	require.Less(t, least, 800*time.Millisecond)
	require.LessOrEqual(t, most, 1250*time.Millisecond)
	require.Greater(t, most, 1200*time.Millisecond)
}

func TestSchedule(t *testing.T) {
	_, err := Start(t.Context(), &slow{}, Schedule{Interval: -1, Jitter: 2, Options: Options{Most: -1}})
	require.ErrorContains(t, err, "Interval")
	require.ErrorContains(t, err, "Jitter")
	require.ErrorContains(t, err, "Most")
	for _, c := range []struct {
		d, interval time.Duration
		want        uint64
	}{{0, time.Second, 1}, {time.Second, time.Second, 1}, {1001 * time.Millisecond, time.Second, 2}, {time.Minute, 0, 1}, {time.Minute, 10 * time.Second, 6}} {
		require.Equal(t, c.want, Epochs(c.d, c.interval), "%v of %v", c.d, c.interval)
	}
}
