package pool

import (
	"fmt"
	"testing"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

func sizeName(n int) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%dMiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%dKiB", n>>10)
	}
	return fmt.Sprintf("%dB", n)
}

var smallSizes = []int{64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10}

// BenchmarkPoolSmall allocates and releases one buffer an operation.
func BenchmarkPoolSmall(b *testing.B) {
	for _, n := range smallSizes {
		b.Run(sizeName(n), func(b *testing.B) { benchPair(b, n) })
	}
}

// BenchmarkPoolLarge is the same for the buddy allocator, warm.
func BenchmarkPoolLarge(b *testing.B) {
	for _, n := range []int{1 << 20, 3 << 20, 16 << 20, 64 << 20} {
		b.Run(sizeName(n), func(b *testing.B) { benchPair(b, n) })
	}
}

func benchPair(b *testing.B, n int) {
	p := open(b, Options{})
	b.ReportAllocs()
	for b.Loop() {
		x, err := p.Alloc(n, 0)
		if err != nil {
			b.Fatal(err)
		}
		x.Release()
	}
}

// BenchmarkPoolParallel allocates and releases on as many goroutines as GOMAXPROCS
// says: run it with -cpu 1,2.
func BenchmarkPoolParallel(b *testing.B) {
	for _, n := range smallSizes {
		b.Run(sizeName(n), func(b *testing.B) {
			p := open(b, Options{})
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					x, err := p.Alloc(n, 0)
					if err != nil {
						b.Error(err)
						return
					}
					x.Release()
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpairs/s")
		})
	}
}

// BenchmarkPoolBatch allocates 64 buffers and releases them, an operation each.
func BenchmarkPoolBatch(b *testing.B) {
	for _, n := range []int{64, 4 << 10, 64 << 10} {
		b.Run(sizeName(n), func(b *testing.B) {
			p := open(b, Options{})
			b.ReportAllocs()
			var all [64]memory.Buffer
			for i := 0; b.Loop(); i++ {
				k := i % len(all)
				if k == 0 {
					for j, x := range all {
						if !x.IsZero() {
							x.Release()
							all[j] = memory.Buffer{}
						}
					}
				}
				x, err := p.Alloc(n, 0)
				if err != nil {
					b.Fatal(err)
				}
				all[k] = x
			}
			for _, x := range all {
				if !x.IsZero() {
					x.Release()
				}
			}
		})
	}
}
