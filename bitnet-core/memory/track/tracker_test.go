package track

import (
	"errors"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

var levels = []Level{Basic, Standard, Detailed}

func alloc(t require.TestingT, a memory.Allocator, n int) memory.Buffer {
	b, err := a.Alloc(n, 0)
	require.NoError(t, err)
	require.Equal(t, n, b.Len())
	return b
}

// elsewhere runs f in another goroutine, so that it may come to another shard.
func elsewhere(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

// account returns that of a tag, or the zero one.
func (r Report) account(device, tag string) Account {
	for _, t := range r.Tags {
		if t.Device == device && t.Tag == tag {
			return t.Account
		}
	}
	return Account{}
}

func TestAccounts(t *testing.T) {
	for _, level := range levels {
		t.Run(level.String(), func(t *testing.T) {
			tr := New(memory.Heap(), Options{Level: level})
			cache := tr.Tagged("cache")
			gpu := tr.Device("gpu", memory.Heap())
			a, b := alloc(t, cache, 100), alloc(t, cache, 50)
			a.Release()
			c, d := alloc(t, tr, 7), alloc(t, memory.Tagged(gpu, "cache"), 1000)
			elsewhere(b.Release)
			r := tr.Report()
			require.Equal(t, Account{PeakBytes: 150, PeakCount: 2, Allocs: 2, AllocatedBytes: 150}, r.account("cpu", "cache"))
			require.Equal(t, Account{LiveBytes: 7, PeakBytes: 7, LiveCount: 1, PeakCount: 1, Allocs: 1, AllocatedBytes: 7}, r.account("cpu", ""))
			gpuAccount := Account{LiveBytes: 1000, PeakBytes: 1000, LiveCount: 1, PeakCount: 1, Allocs: 1, AllocatedBytes: 1000}
			require.Equal(t, gpuAccount, r.account("gpu", "cache"))
			require.Len(t, r.Tags, 3)
			require.Equal(t, Account{LiveBytes: 1007, PeakBytes: 1057, LiveCount: 2, PeakCount: 3, Allocs: 4, AllocatedBytes: 1157}, r.Total)
			require.Equal(t, []DeviceReport{
				{Device: "cpu", Account: Account{LiveBytes: 7, PeakBytes: 150, LiveCount: 1, PeakCount: 2, Allocs: 3, AllocatedBytes: 157}},
				{Device: "gpu", Account: gpuAccount},
			}, r.Devices)
			c.Release()
			d.Release()
			require.NoError(t, tr.Close())
		})
	}
}

// TestModel compares accounts with those of a trivial model under random operations,
// in goroutines whose stacks choose different shards.
func TestModel(t *testing.T) {
	type key struct{ device, tag string }
	type held struct {
		buf memory.Buffer
		key key
		n   int64
	}
	names := []key{{"cpu", ""}, {"cpu", "a"}, {"cpu", "b"}, {"gpu", ""}, {"gpu", "a"}}
	rapid.Check(t, func(t *rapid.T) {
		level := rapid.SampledFrom(levels).Draw(t, "level")
		checked := memory.NewChecked(memory.Heap())
		tr := New(checked, Options{Level: level, Events: 16})
		gpu := tr.Device("gpu", checked)
		allocators := map[key]memory.Allocator{}
		for _, k := range names {
			allocators[k] = tr
			if k.device == "gpu" {
				allocators[k] = gpu
			}
			if k.tag != "" {
				allocators[k] = memory.Tagged(allocators[k], k.tag)
			}
		}
		model := map[key]*Account{{}: {}}
		for _, k := range names {
			model[k] = &Account{}
			model[key{k.device, "all"}] = &Account{}
		}
		of := func(k key) []*Account { return []*Account{model[k], model[key{k.device, "all"}], model[key{}]} }
		var live []held
		run := func(f func()) {
			if rapid.Bool().Draw(t, "elsewhere") {
				elsewhere(f)
			} else {
				f()
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"alloc": func(t *rapid.T) {
				k := rapid.SampledFrom(names).Draw(t, "name")
				n := rapid.IntRange(0, 300).Draw(t, "bytes")
				zeroed := rapid.Bool().Draw(t, "zeroed")
				run(func() {
					b, err := allocators[k].Alloc(n, 0)
					if zeroed {
						b.Release()
						b, err = memory.AllocZeroed(allocators[k], n, 0)
						for _, a := range of(k) { // which counts, too
							a.Allocs++
							a.AllocatedBytes += int64(n)
						}
						require.Equal(t, make([]byte, n), append([]byte{}, b.Bytes()...))
					}
					require.NoError(t, err)
					for i := range b.Bytes() {
						b.Bytes()[i] = byte(len(live))
					}
					live = append(live, held{b, k, int64(n)})
				})
				for _, a := range of(k) {
					a.LiveBytes += int64(n)
					a.LiveCount++
					a.PeakBytes, a.PeakCount = max(a.PeakBytes, a.LiveBytes), max(a.PeakCount, a.LiveCount)
					a.Allocs++
					a.AllocatedBytes += int64(n)
				}
			},
			"release": func(t *rapid.T) {
				if len(live) == 0 {
					t.Skip("none to release")
				}
				i := rapid.IntRange(0, len(live)-1).Draw(t, "index")
				h := live[i]
				live = slices.Delete(live, i, i+1)
				run(func() {
					if rapid.Bool().Draw(t, "slice") {
						s := h.buf.Slice(0, h.buf.Len())
						h.buf.Release()
						h.buf = s
					}
					h.buf.Release()
				})
				for _, a := range of(h.key) {
					a.LiveBytes -= h.n
					a.LiveCount--
				}
			},
			"": func(t *rapid.T) {
				r := tr.Report()
				require.Equal(t, *model[key{}], r.Total)
				for _, d := range r.Devices {
					require.Equal(t, *model[key{d.Device, "all"}], d.Account)
				}
				for _, k := range names {
					require.Equal(t, *model[k], r.account(k.device, k.tag), k)
				}
				require.Len(t, checked.Leaks(), len(live))
				ids := map[uint64]bool{}
				for _, l := range tr.Leaks() {
					ids[l.ID] = true
				}
				require.Len(t, ids, len(live))
				requireLimits(t, tr)
			},
		})
		for _, h := range live {
			h.buf.Release()
		}
		require.NoError(t, tr.Close())
		require.Empty(t, checked.Leaks())
	})
}

// requireLimits: the limits of an account's cells sum up to its peaks, and no cell is
// beyond its own.
func requireLimits(t require.TestingT, tr *Tracker) {
	for a, account := range tr.accounts {
		var bytes, count int64
		for _, s := range tr.shards {
			c := s.cells[a]
			require.LessOrEqual(t, c.bytes, c.bytesLimit)
			require.LessOrEqual(t, c.count, c.countLimit)
			bytes += c.bytesLimit
			count += c.countLimit
		}
		require.Equal(t, []int64{account.peakBytes, account.peakCount}, []int64{bytes, count})
	}
}

func TestNoneIsTheInnerAllocator(t *testing.T) {
	inner := newFixed(100)
	tr := New(inner, Options{})
	b := alloc(t, tr, 100)
	b.Release()
	require.Equal(t, []int{0, 1, 2, 3}, inner.free)
	again := alloc(t, memory.Tagged(tr, "x"), 100)
	// It is the same block's next life, in the inner allocator's own span.
	require.Panics(t, func() { b.Bytes() })
	require.False(t, inner.span.Live(0))
	require.True(t, inner.span.Live(3))
	require.Zero(t, tr.Report().Total)
	require.NoError(t, tr.Close())
	again.Release()
}

func TestStaleBuffers(t *testing.T) {
	for _, level := range levels {
		tr := New(memory.Heap(), Options{Level: level})
		b := alloc(t, tr, 10)
		b.Release()
		require.Panics(t, func() { b.Bytes() })
		require.Panics(t, func() { b.Release() })
		again := alloc(t, tr, 10) // in the same record
		require.Panics(t, func() { b.Bytes() })
		require.Panics(t, func() { b.Release() })
		require.Panics(t, func() { b.Retain() })
		require.Len(t, again.Bytes(), 10)
		again.Release()
		require.NoError(t, tr.Close())
	}
}

// A spy is an allocator that writes down what it is asked.
type spy struct {
	calls []string
	err   error
	span  *memory.Span
	next  int
}

func (s *spy) note(call string) { s.calls = append(s.calls, call) }

func (s *spy) Alloc(n, _ int) (memory.Buffer, error) {
	s.note("alloc")
	if s.err != nil {
		return memory.Buffer{}, s.err
	}
	if s.span == nil {
		s.span = memory.NewSpan(s, 16)
	}
	s.next++
	return s.span.Buffer(s.next-1, make([]byte, n)), nil
}

func (s *spy) AllocZeroed(n, align int) (memory.Buffer, error) {
	s.note("zeroed")
	return s.Alloc(n, align)
}

func (s *spy) Tagged(tag string) memory.Allocator {
	s.note("tag " + tag)
	return s
}

func (s *spy) Usage() memory.Usage {
	return memory.Usage{Requested: 60, Allocated: 80, Committed: 200, Reserved: 400, LargestFree: 90, Limit: 300}
}

func (s *spy) Free(int)               { s.note("free") }
func (s *spy) Forget(_ int, p []byte) { s.note("forget " + string(p)) }
func (s *spy) Sparse(int, []byte)     { s.note("sparse") }

// TestPassesThrough: what the inner allocator offers beyond Alloc serves the
// tracker's buffers, too.
func TestPassesThrough(t *testing.T) {
	for _, level := range append(levels, None) {
		inner := &spy{}
		tr := New(inner, Options{Level: level})
		a := tr.Tagged("kv")
		b, err := memory.AllocZeroed(a, 4, 0)
		require.NoError(t, err)
		copy(b.Bytes(), "abcd")
		b.Forget(b.Bytes()[1:3])
		b.Sparse()
		s := b.Slice(2, 2)
		b.Release()
		require.Equal(t, []string{"tag kv", "zeroed", "alloc", "forget bc", "sparse"}, inner.calls)
		s.Release()
		require.Equal(t, "free", inner.calls[5])
		require.Equal(t, inner.Usage(), tr.Usage())
		require.Equal(t, inner.Usage(), a.(memory.Meter).Usage())
		d := tr.Report().Devices[0]
		require.Equal(t, inner.Usage(), *d.Usage)
		require.Equal(t, []float64{inner.Usage().Internal(), inner.Usage().External()}, []float64{d.Internal, d.External})
	}
}

func TestUsageWithoutMeter(t *testing.T) {
	tr := New(memory.Heap(), Options{Level: Basic})
	b := alloc(t, tr.Tagged("x"), 10)
	require.Equal(t, memory.Usage{Requested: 10, Allocated: 10, Committed: 10}, tr.Usage())
	require.Nil(t, tr.Report().Devices[0].Usage)
	b.Release()
}

// A busyMeter allocates and releases through the tracker while it is asked.
type busyMeter struct {
	memory.Allocator
	tracker *Tracker
}

func (m *busyMeter) Usage() memory.Usage {
	b, err := m.tracker.Alloc(1, 0)
	if err != nil {
		panic(err)
	}
	b.Release()
	return memory.Usage{Limit: 1}
}

func TestInnerAllocatorMayCallBack(t *testing.T) {
	inner := &busyMeter{Allocator: memory.Heap()}
	inner.tracker = New(inner, Options{Level: Detailed})
	require.EqualValues(t, 1, inner.tracker.Report().Devices[0].Usage.Limit)
	require.EqualValues(t, 1, inner.tracker.Usage().Limit)
}

func TestFailedAllocations(t *testing.T) {
	for _, level := range levels {
		inner := &spy{err: errors.New("no memory left")}
		tr := New(inner, Options{Level: level})
		b, err := tr.Tagged("x").Alloc(1, 0)
		require.Equal(t, inner.err, err)
		require.True(t, b.IsZero())
		_, err = tr.Alloc(1, 0)
		require.Equal(t, inner.err, err)
		r := tr.Report()
		require.Equal(t, Account{Failed: 1}, r.account("cpu", "x"))
		require.Equal(t, Account{Failed: 2}, r.Total)
		require.NoError(t, tr.Close())
	}
	tr := New(memory.Heap(), Options{Level: Detailed})
	require.PanicsWithValue(t, "memory: Alloc negative size", func() { tr.Alloc(-1, 0) })
	_, err := tr.Alloc(math.MaxInt, 0)
	require.ErrorContains(t, err, "more than this machine can address")
}

func TestDeviceNameIsTaken(t *testing.T) {
	tr := New(memory.Heap(), Options{Level: Basic})
	require.PanicsWithValue(t, "track: Tracker.Device name is taken", func() { tr.Device("cpu", memory.Heap()) })
}

func TestNoGoAllocations(t *testing.T) {
	if memory.Tracing {
		t.Skip("this build keeps the stacks of all buffers on the Go heap")
	}
	for _, level := range append(levels, None) {
		a := New(newFixed(64), Options{Level: level}).Tagged("x")
		require.Zero(t, testing.AllocsPerRun(1000, func() {
			b, _ := a.Alloc(64, 0)
			b.Release()
		}), level)
	}
}

// TestConcurrent: eight goroutines hand buffers to each other while another one asks
// for all there is.
func TestConcurrent(t *testing.T) {
	for _, level := range levels {
		t.Run(level.String(), func(t *testing.T) {
			checked := memory.NewChecked(memory.Heap())
			tr := New(checked, Options{Level: level, Events: 100})
			passed := make(chan memory.Buffer, 16)
			var workers, watcher sync.WaitGroup
			for i := range 8 {
				a := tr.Tagged([]string{"even", "odd"}[i%2])
				workers.Go(func() {
					for n := range 300 {
						b, err := a.Alloc(n, 0)
						if err != nil {
							panic(err)
						}
						clear(b.Bytes())
						select {
						case passed <- b:
						case other := <-passed:
							other.Release()
							b.Release()
						}
					}
				})
			}
			stop := make(chan struct{})
			watcher.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						r := tr.Report()
						if r.Total.LiveBytes < 0 || r.Total.PeakCount < r.Total.LiveCount {
							panic("numbers that cannot be")
						}
						_, _, _ = tr.Leaks(), tr.Events(), tr.Usage()
						memory.Tagged(tr.Tagged("more"), "even")
					}
				}
			})
			workers.Wait()
			close(stop)
			watcher.Wait()
			close(passed)
			for b := range passed {
				b.Release()
			}
			r := tr.Report()
			require.Zero(t, r.Total.LiveBytes)
			require.Zero(t, r.Total.LiveCount)
			require.EqualValues(t, 8*300, r.Total.Allocs)
			require.EqualValues(t, 4*300, r.account("cpu", "odd").Allocs)
			require.LessOrEqual(t, r.Total.PeakCount, int64(16+8*2))
			require.NoError(t, tr.Close())
			require.Empty(t, checked.Leaks())
		})
	}
}

// TestPeakOfMany: the peak is exact when goroutines hold their buffers at a time.
func TestPeakOfMany(t *testing.T) {
	tr := New(memory.Heap(), Options{Level: Basic})
	peak := int64(0)
	for _, goroutines := range []int64{8, 3, 20, 11} {
		var all, held sync.WaitGroup
		held.Add(int(goroutines))
		for range goroutines {
			all.Go(func() {
				b, _ := tr.Alloc(1000, 0)
				held.Done()
				held.Wait()
				b.Release()
			})
		}
		all.Wait()
		peak = max(peak, goroutines)
		total := tr.Report().Total
		require.Equal(t, []int64{0, 0, peak, 1000 * peak},
			[]int64{total.LiveCount, total.LiveBytes, total.PeakCount, total.PeakBytes})
	}
}

// A fixed allocator hands out one block again and again.
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
