package track

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// A fixed allocator hands out one block again and again. It costs next to nothing, so
// that what a benchmark takes is the tracker's.
type fixed struct {
	span *memory.Span
	data []byte
	free []int
}

func newFixed(size int) *fixed {
	f := &fixed{data: make([]byte, size), free: []int{0, 1, 2, 3}}
	f.span = memory.NewSpan(f, len(f.free))
	return f
}

func (f *fixed) Free(block int) { f.free = append(f.free, block) }

func (f *fixed) Alloc(n, _ int) (memory.Buffer, error) {
	last := len(f.free) - 1
	block := f.free[last]
	f.free = f.free[:last]
	return f.span.Buffer(block, f.data[:n]), nil
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
	for _, size := range []int{64, 4 << 10, 64 << 10, 4 << 20} {
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			atDepth(stackFrames, func() {
				pairs(b, New(newFixed(size), Options{Level: level}).Tagged("bench"), size)
			})
		})
	}
}

func BenchmarkTrackNone(b *testing.B)     { benchmarkTrack(b, None) }
func BenchmarkTrackBasic(b *testing.B)    { benchmarkTrack(b, Basic) }
func BenchmarkTrackStandard(b *testing.B) { benchmarkTrack(b, Standard) }
func BenchmarkTrackDetailed(b *testing.B) { benchmarkTrack(b, Detailed) }

// BenchmarkTrackParallel has two goroutines, or as many as -cpu says, allocate from one
// tracker, each through its own inner allocator.
func BenchmarkTrackParallel(b *testing.B) {
	for _, level := range levels {
		b.Run(level.String(), func(b *testing.B) {
			t := New(newFixed(64), Options{Level: level})
			var next atomic.Int64
			b.RunParallel(func(pb *testing.PB) {
				a := t.Device(fmt.Sprint("device ", next.Add(1)), newFixed(64))
				for pb.Next() {
					buf, err := a.Alloc(64, 0)
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
