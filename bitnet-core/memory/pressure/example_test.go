package pressure_test

import (
	"fmt"
	"runtime/debug"

	"github.com/bitnet-go/bitnet/bitnet-core/memory/pressure"
)

// The owner of a limited resource reports its use; whoever holds what can be done
// without is told when to let go.
func ExampleGauge() {
	gauge, err := pressure.NewGauge(pressure.Thresholds{})
	if err != nil {
		fmt.Println(err)
		return
	}
	const limit = 1000
	used, cache := int64(500), int64(200) // of them
	defer gauge.Notify(func(c pressure.Change) {
		fmt.Printf("%v to %v at %d of %d\n", c.From, c.To, c.Used, c.Limit)
		if c.To >= pressure.High {
			used, cache = used-cache, 0
			gauge.Observe(used, limit)
		}
	})()
	for range 5 {
		used += 90
		gauge.Observe(used, limit)
	}
	// Output:
	// none to low at 680 of 1000
	// low to medium at 770 of 1000
	// medium to high at 860 of 1000
	// high to low at 660 of 1000
	// low to medium at 750 of 1000
}

// The Go runtime and the pools share what the process may use: the runtime gets what
// the pools and the rest leave.
func ExampleMonitor_Limit() {
	const (
		pools = 768 << 20 // the sum of the pools' limits
		rest  = 64 << 20  // stacks of threads, pages of mapped files
	)
	monitor, err := pressure.Watch(pressure.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer monitor.Close()
	if limit := monitor.Limit(); limit > pools+rest {
		before := debug.SetMemoryLimit(limit - pools - rest)
		defer debug.SetMemoryLimit(before) // the example's alone: a program keeps it
	}
}
