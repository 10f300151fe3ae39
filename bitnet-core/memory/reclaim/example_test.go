//go:build !memtrace

package reclaim_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pressure"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/reclaim"
)

// Memory that was released stays with the process until somebody returns it.
func ExampleRun() {
	p, err := pool.New(pool.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()
	b, err := p.Alloc(32<<20, 0)
	if err != nil {
		log.Fatal(err)
	}
	b.Release()

	would, err := reclaim.Run(context.Background(), p, reclaim.Options{DryRun: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("would return", would.Freed>>20, "MiB of", would.Before.Usage.Committed>>20)
	did, err := reclaim.Run(context.Background(), p, reclaim.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("returned", did.Freed>>20, "MiB,", did.After.Usage.Committed>>20, "are left")
	// Output:
	// would return 32 MiB of 32
	// returned 32 MiB, 0 are left
}

// Long-lived buffers that lie between others keep memory from being returned, unless
// they may move.
func ExampleOptions_compact() {
	p, err := pool.New(pool.Options{Region: 16 << 20, MaxRegion: 16 << 20})
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()
	var all []memory.Movable
	for range 64 {
		m, err := p.AllocMovable(1<<20, 0)
		if err != nil {
			log.Fatal(err)
		}
		all = append(all, m)
	}
	for i, m := range all {
		if i%8 == 0 {
			defer m.Release() // one in eight stays
		} else {
			m.Release()
		}
	}
	for _, compact := range []bool{false, true} {
		r, err := reclaim.Run(context.Background(), p, reclaim.Options{Compact: compact})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("moved:", r.Moved > 0, "regions left:", r.After.Regions)
	}
	// Output:
	// moved: false regions left: 4
	// moved: true regions left: 1
}

// A gauge sees the pool fill up and asks the reclaimer, whose goroutine works.
func ExampleReclaimer_Trigger() {
	gauge, err := pressure.NewGauge(pressure.Thresholds{})
	if err != nil {
		log.Fatal(err)
	}
	p, err := pool.New(pool.Options{Limit: 64 << 20, Pressure: func(committed, limit int64) {
		gauge.Observe(committed, limit)
	}})
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()
	done := make(chan reclaim.Record, 1)
	r, err := reclaim.Start(context.Background(), p, reclaim.Schedule{
		Options:  reclaim.Options{Strategy: reclaim.Idle{Age: reclaim.Epochs(5*time.Minute, time.Minute)}},
		Interval: time.Minute,
		Jitter:   0.1,
		Done:     func(one reclaim.Record) { done <- one },
	})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	cancel := gauge.Notify(func(c pressure.Change) { r.Trigger(int(c.To)) })
	b, err := p.Alloc(64<<20, 0)
	if err != nil {
		log.Fatal(err)
	}
	one := <-done
	cancel() // Release and Close bring the level down, which is no reason to run
	b.Release()
	fmt.Println("level", pressure.Level(one.Level), "strategy", one.Report.Strategy, one.Err)
	// Output:
	// level critical strategy all <nil>
}

// device is a pool whose memory is dear to get: it keeps 1 GiB of it warm, whoever asks.
type device struct{ *pool.Pool }

func (device) Name() string { return "device" }

func (device) Choose(s reclaim.State) (reclaim.Plan, error) {
	free := s.Usage.Committed - s.Usage.Allocated
	if free <= 1<<30 {
		return reclaim.Plan{}, nil
	}
	return reclaim.Plan{Want: free - 1<<30, Steps: []reclaim.Step{{Action: reclaim.Trim}}}, nil
}

// A device's pool may bring its own strategy.
func ExampleStrategy() {
	p, err := pool.New(pool.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()
	b, err := p.Alloc(1<<20, 0)
	if err != nil {
		log.Fatal(err)
	}
	b.Release()
	r, err := reclaim.Run(context.Background(), device{p}, reclaim.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Strategy, "returned", r.Freed, "bytes")
	// Output:
	// device returned 0 bytes
}
