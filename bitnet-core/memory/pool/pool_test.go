package pool

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, o Options) *Pool {
	t.Helper()
	p, err := New(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

// TestClasses: every size has the smallest class that holds it, and a quarter of
// waste at most above 512 bytes.
func TestClasses(t *testing.T) {
	before := 0
	for c := range classes {
		size := classSize(c)
		require.Greater(t, size, before)
		require.Equal(t, c, classOf(size))
		require.Equal(t, c, classOf(before+1))
		require.Zero(t, size%minBlock)
		if before >= 512 {
			require.LessOrEqual(t, size-before, before/4)
		}
		require.GreaterOrEqual(t, slabBytes(size)/size, 4)
		require.LessOrEqual(t, slabBytes(size)%size, slabBytes(size)/10)
		before = size
	}
	require.Equal(t, 0, classOf(0))
	require.Equal(t, maxSmall+1, before)
}

func TestAlloc(t *testing.T) {
	p := open(t, Options{})
	for _, n := range []int{0, 1, 63, 64, 65, 4096, 4097, 1<<20 - 1, 1 << 20, 5<<20 + 3, 100 << 20} {
		for _, align := range []int{0, 1, 2, 64, 128, 4096, 1 << 16, 1 << 20, 4 << 20, 256 << 20} {
			b, err := p.Alloc(n, align)
			require.NoError(t, err)
			data := b.Bytes()
			require.Len(t, data, n)
			require.Equal(t, n, cap(data))
			if n > 0 {
				require.Zero(t, uintptr(unsafe.Pointer(&data[0]))%uintptr(max(align, 1)), "n=%d align=%d", n, align)
				if align == 0 && !guarding {
					require.Zero(t, uintptr(unsafe.Pointer(&data[0]))%memory.DefaultAlign)
				}
				for _, i := range []int{0, n / 2, n - 1} {
					data[i] = 0xff
				}
			}
			b.Release()
			z, err := p.AllocZeroed(n, align)
			require.NoError(t, err)
			for i, v := range z.Bytes() {
				if v != 0 {
					t.Fatalf("n=%d align=%d: byte %d is %d", n, align, i, v)
				}
			}
			z.Release()
		}
	}
	require.Zero(t, p.Stats().Requested)
	require.Zero(t, p.Stats().Allocated)
}

func TestRefuses(t *testing.T) {
	p := open(t, Options{})
	require.PanicsWithValue(t, "pool: Alloc negative size", func() { p.Alloc(-1, 0) })
	require.PanicsWithValue(t, "pool: Alloc alignment is no power of two", func() { p.Alloc(1, 3) })
	require.PanicsWithValue(t, "pool: Alloc alignment is no power of two", func() { p.Alloc(1, -2) })
	for _, r := range [][2]int{{math.MaxInt, 0}, {1, math.MaxInt/2 + 1}} {
		_, err := p.Alloc(r[0], r[1])
		require.ErrorContains(t, err, "more than this machine can address")
		require.NotContains(t, err.Error(), "multiple of 0", "0 asks for the default")
	}
	for _, o := range []Options{{Region: 1 << 20}, {Region: 3 << 20}, {Region: 8 << 20, MaxRegion: 4 << 20}, {Limit: -1}, {Limit: 5, SoftLimit: 6}} {
		_, err := New(o)
		require.Error(t, err, o)
	}
}

// TestStale: whoever keeps a Buffer beyond its release is told, even when the memory
// serves somebody else.
func TestStale(t *testing.T) {
	p := open(t, Options{})
	for _, n := range []int{10, 4096, 3 << 20} {
		b, err := p.Alloc(n, 0)
		require.NoError(t, err)
		old := b
		b.Release()
		next, err := p.Alloc(n, 0)
		require.NoError(t, err)
		for name, f := range map[string]func(){
			"Bytes": func() { old.Bytes() }, "Release": old.Release,
			"Retain": func() { old.Retain() }, "Slice": func() { old.Slice(0, 1) },
		} {
			func() {
				defer func() {
					text, _ := recover().(string)
					require.True(t, strings.HasPrefix(text, "memory: Buffer."+name), text)
				}()
				f()
				t.Errorf("%s of a released buffer", name)
			}()
		}
		next.Release()
		p.Flush()
		p.Trim(0, nil, false)
		require.Panics(t, old.Release, "even when its slab is gone")
	}
}

// TestLimit: an allocation beyond the limit is an error that says so, changes
// nothing, and memory that was freed may be had again in another shape.
func TestLimit(t *testing.T) {
	const limit = 32 << 20
	p := open(t, Options{Limit: limit})
	var all []memory.Buffer
	var err error
	for err == nil {
		var b memory.Buffer
		if b, err = p.Alloc(1<<20, 0); err == nil {
			b.Bytes()[0] = byte(len(all))
			all = append(all, b)
		}
	}
	var le *LimitError
	require.ErrorAs(t, err, &le)
	require.EqualValues(t, limit, le.Limit)
	require.False(t, le.System)
	require.Contains(t, err.Error(), " bytes more would go beyond the limit of 32 MiB, ")
	require.GreaterOrEqual(t, len(all), 30)
	if !guarding {
		_, err = p.Alloc(100, 0)
		require.ErrorAs(t, err, &le, "a slab is beyond it, too")
	}
	for i, b := range all {
		require.Equal(t, byte(i), b.Bytes()[0])
		b.Release()
	}
	require.LessOrEqual(t, p.Usage().Committed, int64(limit))
	small := map[memory.Buffer]bool{}
	for err = nil; err == nil; {
		var b memory.Buffer
		if b, err = p.Alloc(100_000, 0); err == nil {
			small[b] = true
		}
	}
	require.ErrorAs(t, err, &le)
	require.Greater(t, len(small), 200)
	for b := range small {
		b.Release()
	}
	big, err := p.Alloc(limit*3/4, 0)
	require.NoError(t, err, "empty slabs and magazines go back first")
	big.Release()
}

// TestSystemLimit: the smaller limit counts, and it may change.
func TestSystemLimit(t *testing.T) {
	system := int64(4 << 20)
	p := open(t, Options{Limit: 64 << 20, SystemLimit: func() int64 { return system }})
	a, err := p.Alloc(3<<20, 0)
	require.NoError(t, err)
	_, err = p.Alloc(3<<20, 0)
	var le *LimitError
	require.ErrorAs(t, err, &le)
	require.True(t, le.System)
	system = 16 << 20
	b, err := p.Alloc(3<<20, 0)
	require.NoError(t, err)
	a.Release()
	b.Release()
}

func TestPressureIsTold(t *testing.T) {
	var seen []int64
	inside := func() {}
	p := open(t, Options{Limit: 64 << 20, Pressure: func(c, l int64) {
		seen = append(seen, c*100/l)
		inside() // the pool may be used
	}})
	b, err := p.Alloc(32<<20, 0)
	require.NoError(t, err)
	require.NotEmpty(t, seen)
	require.GreaterOrEqual(t, seen[len(seen)-1], int64(50), "before Alloc returns")
	inside = func() { p.Flush(); p.Trim(0, nil, false) }
	b.Release()
	p.Trim(0, nil, false)
	if !guarding {
		require.Zero(t, seen[len(seen)-1])
	}
}

// TestSoftLimit: beyond it free memory does not stay.
func TestSoftLimit(t *testing.T) {
	if guarding || !canDiscard {
		t.Skip("memory goes back by itself, or not at all")
	}
	p := open(t, Options{SoftLimit: 8 << 20})
	a, err := p.Alloc(6<<20, 0)
	require.NoError(t, err)
	b, err := p.Alloc(20<<20, 0)
	require.NoError(t, err)
	require.EqualValues(t, 26<<20, p.Usage().Committed)
	b.Release()
	require.LessOrEqual(t, p.Usage().Committed, int64(8<<20))
	a.Release()
}

// TestTail: a request that is no power of two takes its own size only.
func TestTail(t *testing.T) {
	if guarding {
		t.Skip("no regions")
	}
	p := open(t, Options{})
	b, err := p.Alloc(657<<20, 0)
	require.NoError(t, err)
	u := p.Usage()
	require.EqualValues(t, 657<<20, u.Allocated)
	require.EqualValues(t, 657<<20, u.Committed)
	c, err := p.Alloc(256<<20, 0)
	require.NoError(t, err)
	require.Len(t, p.Regions(), 1, "the tail serves others")
	b.Release()
	c.Release()
	require.EqualValues(t, (657+256)<<20, p.Trim(0, nil, true).Bytes)
	require.EqualValues(t, (657+256)<<20, p.Trim(0, nil, false).Bytes)
	require.Empty(t, p.Regions())
}

// TestClose: what is held survives, and is told.
func TestClose(t *testing.T) {
	p, err := New(Options{})
	require.NoError(t, err)
	before := mappings(t)
	small, err := p.Alloc(100, 0)
	require.NoError(t, err)
	large, err := p.Alloc(3<<20, 0)
	require.NoError(t, err)
	copy(small.Bytes(), "small")
	copy(large.Bytes(), "large")
	require.ErrorContains(t, p.Close(), "pool cpu: closed with 2 buffers of 3145828 bytes held")
	require.NoError(t, p.Close(), "twice is once")
	_, err = p.Alloc(100, 0)
	require.ErrorIs(t, err, ErrClosed)
	_, err = p.Alloc(100<<20, 0)
	require.ErrorIs(t, err, ErrClosed)
	require.Equal(t, "small", string(small.Bytes()[:5]))
	require.Equal(t, "large", string(large.Bytes()[:5]))
	small.Release()
	large.Release()
	require.Zero(t, p.Usage().Reserved)
	require.LessOrEqual(t, mappings(t), before+1) // one of the Go heap's
}

// mappings returns how many mappings the process has.
func mappings(t *testing.T) int {
	t.Helper()
	data, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return 0
	}
	return strings.Count(string(data), "\n")
}

// TestOverhead: metadata is below 16 bytes a block, and 1 % from 4 KiB on.
func TestOverhead(t *testing.T) {
	if guarding {
		t.Skip("no slabs")
	}
	for _, size := range []int{64, 256, 1024, 4096, 64 << 10} {
		p := open(t, Options{})
		n := 64 << 20 / size
		all := make([]memory.Buffer, n)
		for i := range all {
			all[i], _ = p.Alloc(size, 0)
		}
		s := p.Stats()
		require.EqualValues(t, n, s.SmallLive)
		if size < 4096 {
			require.LessOrEqual(t, float64(s.Metadata)/float64(n), 16.0, size)
		} else {
			require.LessOrEqual(t, float64(s.Metadata+s.Committed-s.Requested)/float64(s.Requested), 0.05, size)
			require.LessOrEqual(t, float64(s.Metadata)/float64(s.Requested), 0.01, size)
		}
		for _, b := range all {
			b.Release()
		}
	}
}

// TestParallel: goroutines pass buffers around; every byte is its owner's.
func TestParallel(t *testing.T) {
	p := open(t, Options{})
	rounds := 20_000
	if testing.Short() {
		rounds = 2000
	}
	if guarding {
		rounds = 300 // each buffer is three mappings, of which the system allows 65530
	}
	pass := make(chan memory.Buffer, 64)
	var wg sync.WaitGroup
	for id := range 8 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(id)))
			var mine []memory.Buffer
			check := func(b memory.Buffer) {
				data := b.Bytes()
				if len(data) > 1 && data[0] != data[len(data)-1] {
					t.Errorf("%d and %d", data[0], data[len(data)-1])
				}
				b.Release()
			}
			for range rounds {
				switch r.IntN(4) {
				case 0, 1:
					n := 1 << r.IntN(22)
					if r.IntN(50) > 0 {
						n &= 0xffff
					}
					b, err := p.Alloc(n, 0)
					if err != nil {
						t.Error(err)
						return
					}
					if n > 0 {
						v := byte(r.Uint32())
						b.Bytes()[0], b.Bytes()[n-1] = v, v
					}
					mine = append(mine, b)
				case 2:
					if k := len(mine); k > 0 {
						check(mine[k-1])
						mine = mine[:k-1]
					}
				case 3:
					if k := len(mine); k > 0 {
						select {
						case pass <- mine[k-1]:
							mine = mine[:k-1]
						default:
						}
					}
					select {
					case b := <-pass:
						mine = append(mine, b)
					default:
					}
				}
				if r.IntN(2000) == 0 {
					p.Flush()
					p.Trim(0, nil, false)
				}
			}
			for _, b := range mine {
				check(b)
			}
		})
	}
	wg.Wait()
	close(pass)
	for b := range pass {
		b.Release()
	}
	s := p.Stats()
	require.Zero(t, s.Requested)
	require.Zero(t, s.Allocated)
	require.Zero(t, s.SmallLive+s.LargeLive)
	p.Flush()
	p.Trim(0, nil, false)
	require.Zero(t, p.Usage().Committed)
	require.Zero(t, p.Usage().Reserved)
}

func TestSnapshot(t *testing.T) {
	if guarding {
		t.Skip("no regions")
	}
	p := open(t, Options{})
	a, _ := p.Alloc(100, 0)
	b, _ := p.Alloc(2<<20, 0)
	data, err := json.Marshal(p.Snapshot())
	require.NoError(t, err)
	var s Snapshot
	require.NoError(t, json.Unmarshal(data, &s))
	require.Len(t, s.Regions, 1)
	require.Len(t, s.Regions[0].Blocks, 2)
	require.Equal(t, 128, s.Regions[0].Blocks[0].Class)
	require.EqualValues(t, 2<<20, s.Regions[0].Blocks[1].Requested)
	require.EqualValues(t, 2, s.Stats.SmallLive+s.Stats.LargeLive)
	a.Release()
	b.Release()
}
