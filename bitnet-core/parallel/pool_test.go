package parallel

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestRunVisitsEachOnce runs many loops back to back, with pauses long enough
// for the workers to park now and then, and counts every visit.
func TestRunVisitsEachOnce(t *testing.T) {
	for _, threads := range []int{0, 1, 2, 3, 8} {
		t.Run(fmt.Sprint("threads=", threads), func(t *testing.T) {
			p := New(threads)
			defer p.Close()
			for loop := range 2000 {
				n := loop % 37
				visits := make([]atomic.Int32, n)
				p.Run(n, func(i int) { visits[i].Add(1) })
				for i := range visits {
					require.EqualValues(t, 1, visits[i].Load(), "loop %d index %d", loop, i)
				}
				if loop%500 == 499 {
					time.Sleep(2 * time.Millisecond)
				}
			}
		})
	}
}

func TestRangeCovers(t *testing.T) {
	p := New(3)
	defer p.Close()
	for n := range 200 {
		for _, grain := range []int{0, 1, 4, 7, 64} {
			var visits [200]atomic.Int32
			p.Range(n, grain, func(lo, hi int) {
				if grain > 0 && lo%grain != 0 || lo >= hi {
					t.Errorf("n=%d grain=%d: part [%d,%d)", n, grain, lo, hi)
				}
				for i := lo; i < hi; i++ {
					visits[i].Add(1)
				}
			})
			for i := range visits {
				want := int32(0)
				if i < n {
					want = 1
				}
				require.Equal(t, want, visits[i].Load())
			}
		}
	}
}

func TestParkedWorkersReturn(t *testing.T) {
	p := New(2)
	defer p.Close()
	require.Eventually(t, func() bool { return p.workers[0].parked.Load() }, time.Minute, time.Millisecond)
	// With the worker parked, two chunks that wait for each other finish only
	// if Run wakes it.
	var met atomic.Int32
	p.Run(2, func(int) {
		met.Add(1)
		for met.Load() != 2 {
			time.Sleep(10 * time.Microsecond)
		}
	})
}

// TestSharesAreKept: where nothing disturbs, a thread gets the same chunks in every
// loop, an even part of them.
func TestSharesAreKept(t *testing.T) {
	for threads := 1; threads <= 9; threads++ {
		p := &Pool{shares: make([]share, threads)}
		for n := range 100 {
			p.job.chunks = n
			require.Zero(t, p.shareEnd(0))
			require.Equal(t, n, p.shareEnd(threads))
			filled := 0
			for i := range threads {
				size := p.shareEnd(i+1) - p.shareEnd(i)
				require.LessOrEqual(t, size, (n+threads-1)/threads)
				require.GreaterOrEqual(t, size, n/threads)
				if size > 0 {
					filled++
				}
			}
			require.Equal(t, min(n, threads), filled)
		}
	}
}

// TestStartStop: a pool leaves neither goroutines nor threads behind.
func TestStartStop(t *testing.T) {
	cycles := 10_000
	if testing.Short() {
		cycles = 500
	}
	threads := func() int {
		entries, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return 0 // no such thing here: goroutines are counted all the same
		}
		return len(entries)
	}
	var sum atomic.Int64
	cycle := func() {
		p := New(4)
		p.Range(8, 1, func(lo, hi int) { sum.Add(int64(hi - lo)) })
		p.Close()
	}
	for range 100 {
		cycle()
	}
	goroutines, before := runtime.NumGoroutine(), threads()
	for range cycles {
		cycle()
	}
	require.EqualValues(t, 8*(100+cycles), sum.Load())
	// A goroutine that has reported its end may be seen for a moment longer.
	for i := 0; runtime.NumGoroutine() > goroutines && i < 1000; i++ {
		time.Sleep(time.Millisecond)
	}
	require.LessOrEqual(t, runtime.NumGoroutine(), goroutines)
	require.LessOrEqual(t, threads(), before+cycles/20) // the runtime may have started some for itself
}

// TestCallerSleeps has loops whose worker's chunk ends long after the caller's:
// the caller sleeps until then, and every loop is whole.
func TestCallerSleeps(t *testing.T) {
	p := New(2)
	defer p.Close()
	caller := make(chan struct{})
	slept := 0
	// On a machine that is busy elsewhere the caller may come too late for its sleep to be seen.
	for start, i := time.Now(), 0; i < 50 || slept == 0 && time.Since(start) < time.Minute; i++ {
		var both, ran atomic.Int32
		p.Run(2, func(int) {
			both.Add(1)
			for both.Load() != 2 { // one chunk for each thread
				time.Sleep(10 * time.Microsecond)
			}
			select {
			case caller <- struct{}{}: // the first chunk to come here ends now
			case <-caller: // the other ends after a while
				time.Sleep(time.Millisecond)
			}
			if p.waiting.Load() {
				slept++
			}
			ran.Add(1)
		})
		require.EqualValues(t, 2, ran.Load())
	}
	require.Positive(t, slept, "the caller was never found asleep")
}

// TestPanicReachesCaller: wherever a chunk panics, it is the caller that unwinds,
// and the pool goes on.
func TestPanicReachesCaller(t *testing.T) {
	p := New(3)
	defer p.Close()
	for loop := range 200 {
		require.PanicsWithValue(t, "at 5", func() {
			p.Run(9, func(i int) {
				if i == 5 {
					panic("at 5")
				}
			})
		})
		var sum atomic.Int64
		p.Run(9, func(i int) { sum.Add(int64(i)) })
		require.EqualValues(t, 36, sum.Load(), "loop %d", loop)
	}
}

func TestRunOnClosedPoolPanics(t *testing.T) {
	p := New(2)
	p.Close()
	p.Close()
	require.Panics(t, func() { p.Run(2, func(int) {}) })
}

func BenchmarkRun(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprint("threads=", threads), func(b *testing.B) {
			p := New(threads)
			defer p.Close()
			var sink [8 * 16]uint64
			for b.Loop() {
				p.Run(8, func(i int) {
					x := sink[i*16]
					for range 5000 {
						x = x*6364136223846793005 + 1
					}
					sink[i*16] = x
				})
			}
		})
	}
}
