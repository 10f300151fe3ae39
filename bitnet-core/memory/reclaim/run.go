package reclaim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
)

// Options say what a run does. The zero value returns all that is free without moving
// anything.
type Options struct {
	// Strategy decides; nil is the pool itself if it is one, All otherwise.
	Strategy Strategy
	// Compact lets the strategy move buffers. Without it such steps are left out.
	Compact bool
	// Most is the most bytes to return, about: pages go back by the 64 KiB. 0 is no
	// bound.
	Most int64
	// DryRun changes nothing and forecasts what a run would do.
	DryRun bool
}

// piece is how many bytes a run returns at once. Allocations of the pool wait meanwhile.
const piece = 1 << 30

// Run reclaims memory of p once. When ctx is done it stops between two steps, between
// two regions or two buffers, and returns what it did until then with the error. Several
// runs at once do no harm, and no good.
func Run(ctx context.Context, p Pool, o Options) (Report, error) {
	start := time.Now()
	if o.Most < 0 {
		return Report{}, fmt.Errorf("reclaim: at most %d bytes", o.Most)
	}
	strategy := o.Strategy
	if strategy == nil {
		if own, ok := p.(Strategy); ok {
			strategy = own
		} else {
			strategy = All{}
		}
	}
	s := State{Usage: p.Usage(), Regions: p.Regions()}
	if c, ok := p.(Clock); ok {
		s.Epoch = c.Epoch()
	}
	r := Report{Strategy: strategy.Name(), DryRun: o.DryRun, Before: measure(s.Usage, len(s.Regions), resident())}
	plan, err := strategy.Choose(s)
	if err != nil {
		return r, err
	}
	r.Want = plan.Want
	if o.Most > 0 && (r.Want == 0 || o.Most < r.Want) {
		r.Want = o.Most
	}
	var w worker = &real{pool: p}
	if o.DryRun {
		w = newForecast(p, s)
	}
	err = r.take(ctx, w, plan.Steps, o.Compact)
	r.After = w.measure()
	r.Time = time.Since(start)
	return r, err
}

// A worker takes steps: real ones, or in thought.
type worker interface {
	trim(ctx context.Context, most int64, choose func(pool.RegionInfo) bool) (pool.Trimmed, error)
	flush(ctx context.Context) error
	compact(ctx context.Context, choose func(pool.RegionInfo) bool) (pool.Moved, error)
	measure() Measure
}

// take takes steps until enough is returned.
func (r *Report) take(ctx context.Context, w worker, steps []Step, compact bool) error {
	for _, s := range steps {
		if s.Action == Compact && !compact {
			continue
		}
		if r.Want > 0 && r.Freed >= r.Want {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		most := int64(0)
		if r.Want > 0 {
			most = r.Want - r.Freed
		}
		one, err := step(ctx, w, s, most)
		r.Steps = append(r.Steps, one)
		r.Freed += one.Freed
		r.Regions += one.Regions
		r.Moved += one.Moved
		r.Bytes += one.Bytes
		if err != nil {
			return err
		}
	}
	return nil
}

func step(ctx context.Context, w worker, s Step, most int64) (StepReport, error) {
	start := time.Now()
	one := StepReport{Action: s.Action}
	var err error
	switch s.Action {
	case Trim:
		var done pool.Trimmed
		done, err = w.trim(ctx, most, s.Regions)
		one.Freed, one.Regions = done.Bytes, done.Regions
	case Flush:
		err = w.flush(ctx)
	case Compact:
		var done pool.Moved
		done, err = w.compact(ctx, s.Regions)
		one.Moved, one.Bytes, one.Freed = done.Buffers, done.Bytes, -done.Committed
	default:
		err = errors.New("reclaim: the strategy's plan has an unknown " + s.Action.String())
	}
	one.Time = time.Since(start)
	return one, err
}

// real changes the pool.
type real struct{ pool Pool }

func (w *real) flush(context.Context) error {
	w.pool.Flush()
	return nil
}

func (w *real) compact(ctx context.Context, choose func(pool.RegionInfo) bool) (pool.Moved, error) {
	return w.pool.CompactRegions(ctx, choose, false)
}

func (w *real) measure() Measure {
	return measure(w.pool.Usage(), len(w.pool.Regions()), resident())
}

// trim takes a few regions at a time. Most is 0 for all.
func (w *real) trim(ctx context.Context, most int64, choose func(pool.RegionInfo) bool) (pool.Trimmed, error) {
	var all pool.Trimmed
	regions := w.pool.Regions()
	for len(regions) > 0 && (most == 0 || all.Bytes < most) {
		if err := ctx.Err(); err != nil {
			return all, err
		}
		batch := map[uint64]bool{}
		var free int64
		for len(regions) > 0 && free < piece {
			last := regions[len(regions)-1] // the pool fills them from the front
			regions = regions[:len(regions)-1]
			if last.Free > 0 || last.Used == 0 {
				batch[last.ID] = true
				free += last.Free
			}
		}
		if len(batch) == 0 {
			break
		}
		left := int64(0)
		if most > 0 {
			left = most - all.Bytes
		}
		done := w.pool.Trim(left, func(r pool.RegionInfo) bool {
			return batch[r.ID] && (choose == nil || choose(r))
		}, false)
		all.Bytes += done.Bytes
		all.Regions += done.Regions
	}
	return all, nil
}
