package track

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// TestTimes has a clock that stands still but for what it sleeps.
func TestTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := New(memory.Heap(), Options{Level: Standard})
		a := alloc(t, tr.Tagged("old"), 64)
		time.Sleep(3 * time.Second)
		b := alloc(t, tr, 65)
		alloc(t, tr, 0).Release()
		time.Sleep(1024 * time.Nanosecond)
		b.Release()
		c := alloc(t, tr, 127)
		time.Sleep(time.Second)
		r := tr.Report()
		require.Equal(t, 4*time.Second+1024, r.Elapsed)
		require.Equal(t, []Bucket{
			{0, 1}, {1, 0}, {2, 0}, {4, 0}, {8, 0}, {16, 0}, {32, 0}, {64, 3},
		}, r.Sizes)
		require.Equal(t, Bucket{0, 1}, r.Lifetimes[0])
		require.Equal(t, Bucket{1024, 1}, r.Lifetimes[len(r.Lifetimes)-1])
		require.Len(t, r.Lifetimes, 12)
		require.Equal(t, []Bucket{{1 << 29, 1}, {1 << 30, 0}, {1 << 31, 1}}, r.Ages)
		leaks := tr.Leaks()
		require.Equal(t, []Leak{
			{ID: leaks[0].ID, Bytes: 64, Device: "cpu", Tag: "old", Age: 4*time.Second + 1024},
			{ID: leaks[1].ID, Bytes: 127, Device: "cpu", Age: time.Second},
		}, leaks)
		a.Release()
		c.Release()
	})
}

func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := New(memory.Heap(), Options{Level: Detailed})
		a := alloc(t, tr.Tagged("x"), 64)
		addr := addrOf(a)
		time.Sleep(time.Millisecond)
		b := alloc(t, tr, 32)
		time.Sleep(time.Millisecond)
		elsewhere(a.Release)
		events := tr.Events()
		require.Len(t, events, 3)
		site := memoryPackage[:len(memoryPackage)-1] + "/track.alloc"
		require.Equal(t, Event{ID: events[0].ID, Addr: addr, Bytes: 64, Device: "cpu", Tag: "x", Site: site}, events[0])
		require.Equal(t, Event{Time: time.Millisecond, ID: events[1].ID, Addr: addrOf(b), Bytes: 32, Device: "cpu", Site: site}, events[1])
		require.Equal(t, Event{
			Time: 2 * time.Millisecond, Free: true, ID: events[0].ID, Addr: addr, Bytes: 64, Device: "cpu", Tag: "x",
			Age: 2 * time.Millisecond, Site: site,
		}, events[2])
		require.NotEqual(t, events[0].ID, events[1].ID)
		b.Release()
	})
}

// lower runs f further down the stack, where other shards are: 32 KiB a step.
//
//go:noinline
func lower(steps int, f func()) byte {
	if steps == 0 {
		f()
		return 0
	}
	var room [32 << 10]byte
	room[steps] = lower(steps-1, f)
	return room[steps/2]
}

// TestEventsAreComplete: what a full ring forgets is forgotten of the other shards,
// too.
func TestEventsAreComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := New(newFixed(8), Options{Level: Detailed, Events: 10})
		lower(3, func() {}) // the stack grows before it is used
		for i := range 200 {
			time.Sleep(time.Microsecond)
			lower(i/8%4, func() {
				b := alloc(t, tr, 8)
				time.Sleep(time.Microsecond)
				b.Release()
			})
		}
		used := 0
		for _, s := range tr.shards {
			used += min(1, len(s.timeline.moments))
		}
		require.Greater(t, used, 1)
		events := tr.Events()
		require.GreaterOrEqual(t, len(events), 10)
		for i, e := range events {
			require.Equal(t, events[0].Time+time.Duration(i)*time.Microsecond, e.Time, "a gap")
		}
		require.Equal(t, 400*time.Microsecond, events[len(events)-1].Time)
	})
}

// TestRing: what is kept is in order, also where the ring began anew.
func TestRing(t *testing.T) {
	var q ring
	for id := range uint64(25) {
		q.put(&record{id: id, birth: int64(id)}, int64(id), id%2 == 1, 10)
		kept := q.kept()
		require.Len(t, kept, int(min(id+1, 10)))
		for i, m := range kept {
			want := id - uint64(len(kept)-1-i)
			require.Equal(t, moment{id: want, birth: int64(want), time: int64(want), free: want%2 == 1}, m)
		}
		if id >= 9 {
			require.EqualValues(t, id-9, q.oldest())
		}
	}
}

func addrOf(b memory.Buffer) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b.Bytes()))) }

//go:noinline
func allocHere(a memory.Allocator) memory.Buffer { return inlined(a) }

func inlined(a memory.Allocator) memory.Buffer {
	b, err := a.Alloc(10, 0)
	if err != nil {
		panic(err)
	}
	return b
}

// TestStacks: they begin with whoever called Alloc, inlined or not, and are told apart.
func TestStacks(t *testing.T) {
	tr := New(memory.Heap(), Options{Level: Detailed})
	var held []memory.Buffer
	for range 3 {
		held = append(held, allocHere(tr))
	}
	held = append(held, allocHere(tr.Tagged("x")))
	b, err := memory.AllocZeroed(tr, 5, 0)
	require.NoError(t, err)
	atDepth(40, func() { held = append(held, allocHere(tr), b) })

	stacks := tr.Report().Stacks
	require.Len(t, stacks, 4)
	name := func(i int) string {
		var names []string
		for _, f := range stacks[i].Stack[:3] {
			names = append(names, f.Function[strings.LastIndex(f.Function, ".")+1:])
		}
		return strings.Join(names, " ")
	}
	require.Equal(t, "inlined allocHere TestStacks", name(0))
	require.EqualValues(t, 3, stacks[0].LiveCount)
	require.EqualValues(t, 30, stacks[0].LiveBytes)
	deep := slices.IndexFunc(stacks, func(s StackReport) bool { return len(s.Stack) == stackFrames })
	require.Equal(t, "inlined allocHere func1", name(deep))
	require.Contains(t, stacks[deep].Stack[stackFrames-1].Function, ".atDepth")
	for _, s := range stacks {
		require.Contains(t, stackText(s.Stack, 4), "timeline_test.go:")
	}
	for _, s := range stacks {
		if s.Stack[0].Function == memoryPackage+"AllocZeroed" {
			require.Equal(t, s.Stack[1].Function, caller(s.Stack))
		}
	}
	for _, b := range held {
		b.Release()
	}
	for _, s := range tr.Report().Stacks {
		require.Zero(t, s.LiveBytes)
		require.Zero(t, s.LiveCount)
	}
}

// TestWalk: the calls that walk finds are those that runtime.Callers finds, which adds
// what was inlined.
func TestWalk(t *testing.T) {
	for _, depth := range []int{0, 1, 5, 30} {
		for _, goroutine := range []bool{false, true} {
			check := func() {
				atDepth(depth, func() {
					var calls [walkFrames]uintptr
					n := walk(&calls)
					pcs := make([]uintptr, 100)
					pcs = pcs[:runtime.Callers(0, pcs)]
					require.Positive(t, n)
					// walk itself is called at another place than Callers.
					for _, pc := range calls[1:n] {
						// Callers leaves out what the compiler wraps around a go statement.
						if !strings.Contains(runtime.FuncForPC(pc).Name(), ".gowrap") {
							require.Contains(t, pcs, pc)
						}
					}
					if depth == 30 {
						require.Equal(t, walkFrames, n)
					} else {
						require.Greater(t, n, depth)
						require.Less(t, n, walkFrames)
					}
				})
			}
			if goroutine {
				elsewhere(check)
			} else {
				check()
			}
		}
	}
}

// TestManyStacks fills a table of sites beyond its first size.
func TestManyStacks(t *testing.T) {
	tr := New(newFixed(1), Options{Level: Detailed})
	for range 2 {
		for depth := range 14 {
			for range 20 {
				atDepth(depth, func() { alloc(t, tr, 1).Release() })
			}
		}
		for i := range 100 {
			alloc(t, tr.Tagged(string(rune('A'+i))), 1).Release()
		}
	}
	r := tr.Report()
	require.Len(t, r.Stacks, 14+100)
	for _, s := range r.Stacks {
		require.Contains(t, []int64{2, 40}, s.Allocs)
	}
}

// TestSitesOfOneHash are told apart by their calls and by their tags.
func TestSitesOfOneHash(t *testing.T) {
	var table siteTable
	calls := [][walkFrames]uintptr{{1, 2}, {1, 2, 3}, {7}}
	for range 2 {
		for i := range 300 {
			at, _ := table.find(42, &calls[i%3], uint32(i/3))
			require.EqualValues(t, i, at)
		}
	}
	require.Len(t, table.sites, 300)
}

func TestChromeTrace(t *testing.T) {
	tr := New(memory.Heap(), Options{Level: Detailed, Events: 4})
	early := alloc(t, tr.Tagged("early"), 1000)
	for range 5 {
		alloc(t, tr.Tagged("\"quoted\""), 100).Release()
	}
	late := alloc(t, tr, 10)
	var text bytes.Buffer
	require.NoError(t, tr.WriteChromeTrace(&text))
	var got struct{ TraceEvents []chromeEvent }
	require.NoError(t, json.Unmarshal(text.Bytes(), &got))
	open := map[string]float64{}
	counters := map[string]float64{}
	spans := 0
	for _, e := range got.TraceEvents {
		switch e.Phase {
		case "b":
			open[e.ID] = e.Time
			require.Contains(t, e.Args["site"], "/track.alloc")
		case "e":
			begin, ok := open[e.ID]
			require.True(t, ok)
			require.LessOrEqual(t, begin, e.Time)
			delete(open, e.ID)
			spans++
		case "C":
			counters[e.Name] = e.Args["bytes"].(float64)
		}
	}
	require.Len(t, open, 2, "what is live has no end")
	require.Positive(t, spans)
	require.Equal(t, 1010.0, counters["live bytes"], "what the ring forgot counts")
	require.Equal(t, 0.0, counters[`live bytes: cpu/"quoted"`])
	require.Equal(t, 10.0, counters["live bytes: cpu/untagged"])
	early.Release()
	late.Release()
}

// TestHeapProfile has go tool pprof read it.
func TestHeapProfile(t *testing.T) {
	tr := New(memory.Heap(), Options{Level: Detailed})
	b := allocHere(tr.Tagged("kept"))
	alloc(t, tr.Tagged("gone"), 5000).Release()
	path := filepath.Join(t.TempDir(), "heap.pb.gz")
	f, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, tr.WriteHeapProfile(f))
	require.NoError(t, f.Close())
	b.Release()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("go is not there to read the profile")
	}
	pprof := func(args ...string) string {
		out, err := exec.Command("go", append(append([]string{"tool", "pprof"}, args...), path)...).CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	top := pprof("-top")
	require.Contains(t, top, "Type: inuse_space")
	require.Regexp(t, `\b10B +100% +100% +10B +100% +github.com/.*/track\.inlined`, top)
	require.Regexp(t, ` 0 +0% +100% +10B +100% +github.com/.*/track\.allocHere\n`, top)
	require.Regexp(t, `4\.88kB 99\.\d+% .*track\.alloc\n`, pprof("-top", "-sample_index=alloc_space"))
	tags := pprof("-tags", "-sample_index=alloc_objects")
	require.Regexp(t, `(?s)1 \(50\.00%\): gone.*1 \(50\.00%\): kept`, tags)
	require.Regexp(t, `(?s)device: .*2 +\( +100%\): cpu`, tags)
}

func TestExportsWantDetailed(t *testing.T) {
	tr := New(memory.Heap(), Options{Level: Standard})
	require.EqualError(t, tr.WriteChromeTrace(nil), "track: a trace wants level detailed, not standard")
	require.EqualError(t, tr.WriteHeapProfile(nil), "track: a heap profile wants level detailed, not standard")
}
