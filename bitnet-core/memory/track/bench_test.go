package track

import (
	"fmt"
	"testing"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
)

func open(b *testing.B) *pool.Pool {
	p, err := pool.New(pool.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := p.Close(); err != nil {
			b.Error(err)
		}
	})
	return p
}

// atDepth calls f below so many frames, which are as many as Detailed keeps.
//
//go:noinline
func atDepth(depth int, f func()) {
	if depth > 0 {
		atDepth(depth-1, f)
		return
	}
	f()
}

func pairs(b *testing.B, a memory.Allocator, size int) {
	b.ReportAllocs()
	for b.Loop() {
		buf, err := a.Alloc(size, 0)
		if err != nil {
			b.Fatal(err)
		}
		buf.Release()
	}
}

func benchmarkTrack(b *testing.B, level Level) {
	for _, size := range []int{64, 4 << 10, 64 << 10} {
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			atDepth(stackFrames, func() {
				pairs(b, New(open(b), Options{Level: level}).Tagged("bench"), size)
			})
		})
	}
}

func BenchmarkTrackNone(b *testing.B)     { benchmarkTrack(b, None) }
func BenchmarkTrackBasic(b *testing.B)    { benchmarkTrack(b, Basic) }
func BenchmarkTrackStandard(b *testing.B) { benchmarkTrack(b, Standard) }
func BenchmarkTrackDetailed(b *testing.B) { benchmarkTrack(b, Detailed) }

// BenchmarkTrackParallel has two goroutines, or as many as -cpu says, allocate from one
// tracker and its pool.
func BenchmarkTrackParallel(b *testing.B) {
	for _, level := range levels {
		b.Run(level.String(), func(b *testing.B) {
			t := New(open(b), Options{Level: level})
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					buf, err := t.Alloc(64, 0)
					if err != nil {
						b.Error(err)
						return
					}
					buf.Release()
				}
			})
		})
	}
}

// BenchmarkReport looks at 10,000 live buffers and a full timeline.
func BenchmarkReport(b *testing.B) {
	t := New(memory.Heap(), Options{Level: Detailed})
	for range 10000 {
		if _, err := t.Alloc(64, 0); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		t.Report()
	}
}
