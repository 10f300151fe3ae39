package reclaim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A Schedule says when [Start] reclaims, and what. The zero value trims what was idle
// for an interval of 30 s.
type Schedule struct {
	// Options of the periodic runs; their strategy is Idle{} if there is none and the
	// pool is none itself.
	Options
	// Interval is the time between two of them, and an epoch of the pool; 30 s if 0.
	Interval time.Duration
	// Jitter is the share of the interval, from 0 to 1, by which each is longer or
	// shorter, at random, so that several processes do not stop at once.
	Jitter float64
	// At returns the options of a run that was triggered at a level; AtLevel if nil.
	At func(level int) Options
	// Pause is the least time from the end of a triggered run to the begin of the next
	// run; 100 ms if 0. A run changes what its trigger measures, and so may trigger
	// another.
	Pause time.Duration
	// Keep is how many of the last reports are kept; 16 if 0.
	Keep int
	// Done, if set, is told of every run, by the goroutine that runs them.
	Done func(Record)
}

// A Record is a run of a [Reclaimer].
type Record struct {
	Report Report
	Err    error `json:"-"`
	Begin  time.Time
	Level  int // that triggered it, 0 for a periodic run
}

// AtLevel returns what to do at a level of pressure, from 1, low, to 4, critical: trim
// what was idle for an epoch at 1, all at 2, and move buffers from 3 on.
func AtLevel(level int) Options {
	switch {
	case level <= 1:
		return Options{Strategy: Idle{}}
	case level == 2:
		return Options{Strategy: All{}}
	}
	return Options{Strategy: All{}, Compact: true}
}

// Epochs returns how many epochs of an interval are at least the time d: the Age for
// [Idle] if memory shall be idle for d.
func Epochs(d, interval time.Duration) uint64 {
	if d <= 0 || interval <= 0 {
		return 1
	}
	return uint64((d-1)/interval) + 1
}

func (s Schedule) withDefaults(p Pool) Schedule {
	if _, own := p.(Strategy); s.Strategy == nil && !own {
		s.Strategy = Idle{}
	}
	if s.Interval == 0 {
		s.Interval = 30 * time.Second
	}
	if s.At == nil {
		s.At = AtLevel
	}
	if s.Pause == 0 {
		s.Pause = 100 * time.Millisecond
	}
	if s.Keep == 0 {
		s.Keep = 16
	}
	return s
}

func (s Schedule) validate() error {
	var faults []error
	for _, f := range []struct {
		name  string
		value int64
	}{{"Interval", int64(s.Interval)}, {"Pause", int64(s.Pause)}, {"Keep", int64(s.Keep)}, {"Most", s.Most}} {
		if f.value < 0 {
			faults = append(faults, fmt.Errorf("reclaim: Schedule.%s is %d, want none or more", f.name, f.value))
		}
	}
	if !(s.Jitter >= 0 && s.Jitter <= 1) {
		faults = append(faults, fmt.Errorf("reclaim: Schedule.Jitter is %g, want 0 to 1", s.Jitter))
	}
	return errors.Join(faults...)
}

// A Reclaimer reclaims memory of a pool from time to time. It owns one goroutine, so
// its runs never overlap.
type Reclaimer struct {
	pool     Pool
	schedule Schedule
	cancel   context.CancelFunc
	ended    chan struct{}

	level     atomic.Int64  // the highest that was triggered since the last run
	triggered chan struct{} // of capacity 1

	mu      sync.Mutex
	records []Record
}

// Start begins to reclaim memory of p until ctx is done or Close is called. It begins
// an epoch of p at every interval: a pool should have one Reclaimer.
func Start(ctx context.Context, p Pool, s Schedule) (*Reclaimer, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	r := &Reclaimer{pool: p, schedule: s.withDefaults(p), ended: make(chan struct{}), triggered: make(chan struct{}, 1)}
	ctx, r.cancel = context.WithCancel(ctx)
	go r.loop(ctx)
	return r, nil
}

// Close ends the reclaimer, a run in progress at its next step, and waits for it.
func (r *Reclaimer) Close() error {
	r.cancel()
	<-r.ended
	return nil
}

// Trigger asks for a run at a level of pressure, 1 to 4; 0 asks for none. It returns at
// once, takes no lock, and may be called from a pool's Pressure callback. Several before
// the run begins are one, at the highest of their levels. A nil Reclaimer does nothing:
// a callback may be there before it is.
func (r *Reclaimer) Trigger(level int) {
	if r == nil || level <= 0 {
		return
	}
	for {
		old := r.level.Load()
		if int64(level) <= old || r.level.CompareAndSwap(old, int64(level)) {
			break
		}
	}
	select {
	case r.triggered <- struct{}{}:
	default: // one is waiting already
	}
}

// Records returns the last runs, the latest at the end.
func (r *Reclaimer) Records() []Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.records)
}

func (r *Reclaimer) loop(ctx context.Context) {
	defer close(r.ended)
	next := time.NewTimer(r.interval())
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
			next.Reset(r.interval())
			if c, ok := r.pool.(Clock); ok {
				c.Advance()
			}
			r.run(ctx, r.schedule.Options, 0)
			continue
		case <-r.triggered:
		}
		if level := int(r.level.Swap(0)); level > 0 {
			r.run(ctx, r.schedule.At(level), level)
		}
		if !wait(ctx, r.schedule.Pause) {
			return
		}
	}
}

// wait reports whether ctx is not done when d has passed.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// interval returns the time to the next periodic run.
func (r *Reclaimer) interval() time.Duration {
	swing := r.schedule.Jitter * (2*rand.Float64() - 1)
	return max(time.Duration(float64(r.schedule.Interval)*(1+swing)), time.Millisecond)
}

func (r *Reclaimer) run(ctx context.Context, o Options, level int) {
	one := Record{Begin: time.Now(), Level: level}
	one.Report, one.Err = Run(ctx, r.pool, o)
	r.mu.Lock()
	if n := len(r.records) + 1 - r.schedule.Keep; n > 0 {
		r.records = slices.Delete(r.records, 0, n)
	}
	r.records = append(r.records, one)
	r.mu.Unlock()
	if r.schedule.Done != nil {
		r.schedule.Done(one)
	}
}
