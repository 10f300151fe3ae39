//go:build unix && !memtrace

package reclaim

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
)

const region = 16 << 20

func small() pool.Options { return pool.Options{Region: region, MaxRegion: region} }

func run(t testing.TB, p Pool, o Options) Report {
	t.Helper()
	r, err := Run(t.Context(), p, o)
	require.NoError(t, err)
	return r
}

// TestWholeRegions: what is released leaves the process, as the kernel counts, and what
// is held stays.
func TestWholeRegions(t *testing.T) {
	p := open(t, small())
	var held []memory.Buffer
	for range 8 {
		held = append(held, touched(t, p, region))
	}
	for _, b := range held[1:] {
		b.Release()
	}
	r := run(t, p, Options{})
	require.Equal(t, "all", r.Strategy)
	require.EqualValues(t, 7*region, r.Freed)
	require.Equal(t, 7, r.Regions)
	require.EqualValues(t, region, r.After.Usage.Committed)
	require.Equal(t, 1, r.After.Regions)
	if runtime.GOOS == "linux" {
		require.InDelta(t, 7*region, r.Fell(), region/2)
	}
	for i := 0; i < region; i += 4096 {
		require.EqualValues(t, 1, held[0].Bytes()[i])
	}
	held[0].Release()
}

// TestGranules: the free part of a region in use goes, too.
func TestGranules(t *testing.T) {
	p := open(t, small())
	a, b := touched(t, p, region/2), touched(t, p, region/4)
	a.Release()
	r := run(t, p, Options{})
	require.EqualValues(t, region/2, r.Freed)
	require.Zero(t, r.Regions)
	if runtime.GOOS == "linux" {
		require.InDelta(t, region/2, r.Fell(), region/8)
	}
	b.Release()
}

// TestChurn: after a workload that leaves gaps, less than half of them is left, and
// compaction leaves less than half of what trimming alone does. Nobody's bytes change,
// and what is pinned does not move.
func TestChurn(t *testing.T) {
	p := open(t, small())
	left := churn(t, p, 200<<20)
	defer release(left)
	pinned := map[int]*byte{}
	for i := 0; i < len(left); i += 200 {
		pinned[i] = &left[i].Pin()[0]
	}
	plain := run(t, p, Options{})
	moved := run(t, p, Options{Compact: true})
	for i, at := range pinned {
		require.Same(t, at, &left[i].Pin()[0])
		left[i].Unpin()
		left[i].Unpin()
	}
	for _, o := range left {
		o.check(t)
	}
	t.Log(plain)
	t.Log(moved)
	require.Zero(t, plain.Moved)
	require.Positive(t, moved.Moved)
	require.Less(t, moved.After.Unused, plain.Before.Unused/2)
	gaps := func(m Measure) int64 { return m.Usage.Committed - m.Usage.Allocated }
	require.Less(t, gaps(moved.After), gaps(plain.After)/2)
	// Whether a region becomes empty depends on where the pinned buffers lie, and that on
	// which processors the test ran.
	require.LessOrEqual(t, moved.After.Usage.Reserved, plain.After.Usage.Reserved)
	require.Equal(t, plain.Before.Usage.Requested, moved.After.Usage.Requested)
	if runtime.GOOS == "linux" {
		fell := plain.Before.Resident - moved.After.Resident
		require.InEpsilon(t, plain.Before.Usage.Committed-moved.After.Usage.Committed, fell, 0.2)
	}
}

// TestPinned: of memory that is all in use, nothing goes and nothing moves.
func TestPinned(t *testing.T) {
	p := open(t, small())
	left := churn(t, p, 20<<20)
	defer release(left)
	at := make([]*byte, len(left))
	for i, o := range left {
		at[i] = &o.Pin()[0]
	}
	for _, s := range []Strategy{All{}, Idle{}, Generational{}, Pressure{Bytes: 1}} {
		for range 9 {
			p.Advance()
		}
		r := run(t, p, Options{Strategy: s, Compact: true})
		require.Zero(t, r.Moved, s.Name())
		require.GreaterOrEqual(t, r.After.Usage.Committed, r.After.Usage.Requested)
	}
	for i, o := range left {
		require.Same(t, at[i], &o.Pin()[0])
		o.Unpin()
		o.Unpin()
		o.check(t)
	}
}

// TestDryRun: a dry run changes nothing and says about what the run does then.
func TestDryRun(t *testing.T) {
	for _, o := range []Options{
		{},
		{Compact: true},
		{Most: 5 << 20},
		{Strategy: Idle{}},
		{Strategy: Idle{}, Compact: true},
		{Strategy: Generational{}, Compact: true},
		{Strategy: Pressure{Share: 0.2}, Compact: true},
		{Strategy: Pressure{Bytes: 1}, Compact: true},
	} {
		s := small()
		s.Limit = 256 << 20
		p := open(t, s)
		left := churn(t, p, 100<<20)
		for range 5 {
			p.Advance()
		}
		before := state(t, p)
		dry := o
		dry.DryRun = true
		would := run(t, p, dry)
		require.Equal(t, before, state(t, p), "a dry run")
		did := run(t, p, o)
		t.Log(would)
		t.Log(did)
		require.Positive(t, did.Freed)
		require.InEpsilon(t, did.Freed, would.Freed, 0.1)
		require.InEpsilon(t, did.After.Usage.Committed, would.After.Usage.Committed, 0.1)
		require.InDelta(t, did.Regions, would.Regions, 1)
		require.InDelta(t, did.Moved, would.Moved, 0.4*float64(did.Moved), "in which order buffers move is chance")
		require.Len(t, would.Steps, len(did.Steps))
		release(left)
	}
}

// state is all that a pool says of itself.
func state(t testing.TB, p *pool.Pool) string {
	t.Helper()
	text, err := json.Marshal(p.Snapshot())
	require.NoError(t, err)
	return string(text)
}

func TestMost(t *testing.T) {
	p := open(t, small())
	touched(t, p, region).Release()
	touched(t, p, region/2).Release()
	r := run(t, p, Options{Most: 1 << 20})
	require.EqualValues(t, 1<<20, r.Freed)
	_, err := Run(t.Context(), p, Options{Most: -1})
	require.Error(t, err)
}

// TestIdle: only what nobody has touched for the time goes.
func TestIdle(t *testing.T) {
	p := open(t, small())
	a, b := touched(t, p, region), touched(t, p, region)
	a.Release()
	p.Advance()
	p.Advance()
	b.Release()
	require.Zero(t, run(t, p, Options{Strategy: Idle{Age: 3}}).Freed)
	require.EqualValues(t, region, run(t, p, Options{Strategy: Idle{Age: 2}}).Freed)
	require.Zero(t, run(t, p, Options{Strategy: Idle{}}).Freed)
	p.Advance()
	require.EqualValues(t, region, run(t, p, Options{Strategy: Idle{}}).Freed)
}

// TestGenerational: young regions stay, those in between go if nobody uses them, old
// ones give back what is free.
func TestGenerational(t *testing.T) {
	p := open(t, small())
	whole, part, rest := touched(t, p, region), touched(t, p, region/2), touched(t, p, region/2)
	whole.Release()
	part.Release()
	do := func() int64 {
		return run(t, p, Options{Strategy: Generational{Young: 1, Old: 3}}).Freed
	}
	require.Zero(t, do())
	p.Advance()
	require.EqualValues(t, region, do())
	p.Advance()
	require.Zero(t, do())
	p.Advance()
	require.EqualValues(t, region/2, do())
	rest.Release()
}

// TestPressure: what is cheap goes first, and no more than is wanted.
func TestPressure(t *testing.T) {
	p := open(t, pool.Options{Region: region, MaxRegion: region, Limit: 100 << 20})
	old := touched(t, p, region)
	old.Release()
	p.Advance()
	held, young := touched(t, p, region), touched(t, p, region/2)
	young.Release()
	r := run(t, p, Options{Strategy: Pressure{Bytes: region + 1<<20}})
	require.EqualValues(t, region+1<<20, r.After.Usage.Committed)
	require.Equal(t, r.Want, r.Freed)
	r = run(t, p, Options{Strategy: Pressure{Share: 1}})
	require.Empty(t, r.Steps, "there is no pressure")
	r = run(t, p, Options{Strategy: Pressure{Bytes: 1}, Compact: true})
	require.Len(t, r.Steps, 6, "everything was tried")
	require.EqualValues(t, region, r.After.Usage.Committed)
	held.Release()
}

// A canceller is a strategy of three trims, whose second cancels the run.
type canceller struct{ cancel context.CancelFunc }

func (canceller) Name() string { return "canceller" }

func (c canceller) Choose(State) (Plan, error) {
	none := func(pool.RegionInfo) bool { return false }
	return Plan{Steps: []Step{
		{Action: Trim, Regions: none},
		{Action: Trim, Regions: func(pool.RegionInfo) bool { c.cancel(); return false }},
		{Action: Trim},
	}}, nil
}

func TestCancel(t *testing.T) {
	p := open(t, small())
	touched(t, p, region).Release()
	for _, dry := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := Run(ctx, p, Options{Strategy: canceller{cancel}, DryRun: dry})
		require.ErrorIs(t, err, context.Canceled)
		require.Len(t, r.Steps, 2)
		require.Zero(t, r.Freed)
		require.EqualValues(t, region, r.After.Usage.Committed, "the report is whole")
		for _, compact := range []bool{false, true} {
			_, err = Run(ctx, p, Options{Compact: compact, DryRun: dry})
			require.ErrorIs(t, err, context.Canceled)
		}
	}
	require.EqualValues(t, region, p.Usage().Committed)
}

// A device is a pool that knows best what to return.
type device struct{ *pool.Pool }

func (device) Name() string { return "device" }

func (device) Choose(s State) (Plan, error) {
	if s.Usage.Committed == 0 {
		return Plan{}, errors.New("device: nothing there")
	}
	return Plan{Want: 1 << 20, Steps: []Step{{Action: Flush}, {Action: Trim}}}, nil
}

func TestDeviceStrategy(t *testing.T) {
	p := device{open(t, small())}
	_, err := Run(t.Context(), p, Options{})
	require.EqualError(t, err, "device: nothing there")
	touched(t, p.Pool, region).Release()
	r := run(t, p, Options{})
	require.Equal(t, "device", r.Strategy)
	require.EqualValues(t, 1<<20, r.Freed)
	r = run(t, p, Options{Strategy: All{}})
	require.Equal(t, "all", r.Strategy)
}

// TestConcurrent: while four goroutines allocate and release, four reclaim, one of them
// by the pool's own account of its pressure.
func TestConcurrent(t *testing.T) {
	var triggered atomic.Pointer[Reclaimer]
	o := small()
	o.Limit = 256 << 20
	o.Pressure = func(committed, limit int64) {
		if committed > limit/64 {
			triggered.Load().Trigger(3)
		}
	}
	p := open(t, o)
	reclaimer, err := Start(t.Context(), p, Schedule{Interval: time.Millisecond, Pause: time.Millisecond, Jitter: 1, Keep: 1 << 20})
	require.NoError(t, err)
	triggered.Store(reclaimer)
	ctx, cancel := context.WithCancel(t.Context())
	var workers, others sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for range 4 {
				left := churn(t, p, 10<<20)
				for _, o := range left {
					o.check(t)
				}
				release(left)
			}
		})
	}
	for _, s := range []Strategy{Idle{}, Generational{}, Pressure{Bytes: 1}} {
		others.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				_, err := Run(ctx, p, Options{Strategy: s, Compact: true, DryRun: i%3 == 2})
				if err != nil && ctx.Err() == nil {
					t.Error(err)
				}
				time.Sleep(200 * time.Microsecond)
			}
		})
	}
	workers.Wait()
	cancel()
	others.Wait()
	require.NoError(t, reclaimer.Close())
	triggers := 0
	for _, one := range reclaimer.Records() {
		if one.Err != nil {
			require.ErrorIs(t, one.Err, context.Canceled)
		}
		if one.Level == 3 {
			triggers++
		}
	}
	require.Positive(t, triggers)
	run(t, p, Options{})
	require.Zero(t, p.Usage().Committed)
	require.Zero(t, p.Usage().Allocated)
}

func TestText(t *testing.T) {
	p := open(t, small())
	left := churn(t, p, 60<<20)
	touched(t, p, region).Release()
	r := run(t, p, Options{Compact: true})
	line := r.String()
	for _, want := range []string{"all: returned ", " moved; committed ", "unmapped", "unused"} {
		require.Contains(t, line, want)
	}
	var b strings.Builder
	require.NoError(t, r.WriteText(&b))
	t.Log("\n" + b.String())
	for _, want := range []string{"Reclaim (all)\n", "compact", "requested", "external fragmentation"} {
		require.Contains(t, b.String(), want)
	}
	text, err := json.Marshal(r)
	require.NoError(t, err)
	var back Report
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, r, back)
	require.Contains(t, string(text), `"action":"compact"`)
	release(left)
	dry := run(t, p, Options{DryRun: true})
	require.Contains(t, dry.String(), "would have returned")
}
