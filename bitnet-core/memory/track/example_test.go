package track_test

import (
	"fmt"
	"os"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/track"
)

func ExampleTracker() {
	t := track.New(memory.Heap(), track.Options{Level: track.Basic})
	cache, scratch := t.Tagged("kv cache"), t.Tagged("scratch")

	kv, err := cache.Alloc(1<<20, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 3 {
		b, err := scratch.Alloc(4096, 0)
		if err != nil {
			fmt.Println(err)
			return
		}
		b.Release()
	}
	for _, tag := range t.Report().Tags {
		fmt.Printf("%s: %d bytes live, %d at the peak, %d allocations\n", tag.Tag, tag.LiveBytes, tag.PeakBytes, tag.Allocs)
	}
	fmt.Println(t.Close())
	kv.Release()
	fmt.Println(t.Close())
	// Output:
	// kv cache: 1048576 bytes live, 1048576 at the peak, 1 allocations
	// scratch: 0 bytes live, 4096 at the peak, 3 allocations
	// track: 1 buffer of 1 MiB never released
	//   1 buffer of 1 MiB, kv cache on cpu
	// <nil>
}

func ExampleReport_WriteText() {
	t := track.New(memory.Heap(), track.Options{Level: track.Basic})
	for i := range 4 {
		b, err := t.Tagged("weights").Alloc(1000<<i, 0)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer b.Release()
	}
	r := t.Report()
	r.Elapsed = 2 * time.Second // to print the same each time
	if err := r.WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 14.6 KiB live in 4 buffers, at most 14.6 KiB and 4; 4 allocations of 14.6 KiB in 2 s (level basic)
	//
	// device  tag          live  buffers      peak  buffers  allocations     bytes  failed
	// cpu     weights  14.6 KiB        4  14.6 KiB        4            4  14.6 KiB       0
	// cpu     all      14.6 KiB        4  14.6 KiB        4            4  14.6 KiB       0
}

// A loop that releases what it allocates again at once is found in the timeline.
func ExamplePatterns() {
	t := track.New(memory.Heap(), track.Options{Level: track.Detailed})
	for range 100 {
		b, err := t.Tagged("logits").Alloc(128<<10, 0)
		if err != nil {
			fmt.Println(err)
			return
		}
		b.Release()
	}
	for _, p := range track.Patterns(t.Events()) {
		if p.Kind == track.Thrash {
			fmt.Printf("%.1f: %s\n%s\n", p.Confidence, p.Evidence, p.Suggestion)
		}
	}
	// Output:
	// 1.0: 99 of 100 allocations ask for what was released just before, most often 128 KiB for logits on cpu
	// allocate 128 KiB for logits once, outside of the loop, and use it again
}

// Several devices share a tracker, and their tags are told apart.
func ExampleTracker_Device() {
	t := track.New(memory.Heap(), track.Options{Level: track.Basic})
	gpu := t.Device("metal:0", memory.Heap())
	for _, a := range []memory.Allocator{t, gpu} {
		b, err := memory.Tagged(a, "weights").Alloc(100, 0)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer b.Release()
	}
	for _, d := range t.Report().Devices {
		fmt.Println(d.Device, d.LiveBytes)
	}
	// Output:
	// cpu 100
	// metal:0 100
}
