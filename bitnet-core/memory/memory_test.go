package memory

import (
	"math"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func allocators() map[string]Allocator {
	return map[string]Allocator{"heap": Heap(), "mapped": Mapped(), "checked": NewChecked(Mapped())}
}

func TestAlloc(t *testing.T) {
	for name, a := range allocators() {
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{0, 1, 63, 64, 4096, 4097, 2<<20 - 1, 2 << 20, 5<<20 + 3} {
				for _, align := range []int{0, 1, 2, 64, 4096, 1 << 16, 4 << 20} {
					b, err := a.Alloc(n, align)
					require.NoError(t, err)
					data := b.Bytes()
					require.Len(t, data, n)
					require.Equal(t, n, cap(data), "the caller could append over its neighbour")
					require.Equal(t, n, b.Len())
					if n > 0 {
						want := align
						if want == 0 {
							want = DefaultAlign
						}
						require.Zero(t, uintptr(unsafe.Pointer(&data[0]))%uintptr(want), "n=%d align=%d", n, align)
						data[0], data[n-1] = 1, 2
					}
					b.Release()
					b, err = AllocZeroed(a, n, align)
					require.NoError(t, err)
					for _, v := range b.Bytes() {
						if v != 0 {
							t.Fatal("not zeroed")
						}
					}
					b.Release()
				}
			}
		})
	}
}

func TestAllocRefuses(t *testing.T) {
	for name, a := range allocators() {
		t.Run(name, func(t *testing.T) {
			require.PanicsWithValue(t, "memory: Alloc negative size", func() { a.Alloc(-1, 0) })
			require.PanicsWithValue(t, "memory: Alloc alignment is no power of two", func() { a.Alloc(1, 3) })
			require.PanicsWithValue(t, "memory: Alloc alignment is no power of two", func() { a.Alloc(1, math.MinInt) })
			_, err := a.Alloc(math.MaxInt, 0)
			require.ErrorContains(t, err, "more than this machine can address")
		})
	}
}

func TestReferences(t *testing.T) {
	freed := 0
	data := []byte{0, 1, 2, 3, 4, 5}
	b := NewBuffer(data, func() { freed++ })
	s := b.Slice(1, 4)
	ss := s.Slice(1, 2)
	require.Equal(t, b, b.Retain())
	require.Equal(t, []byte{1, 2, 3, 4}, s.Bytes())
	require.Equal(t, []byte{2, 3}, ss.Bytes())
	require.Equal(t, 2, cap(ss.Bytes()))
	b.Release()
	b.Release()
	require.Panics(t, func() { b.Slice(0, 1) }, "the buffer's own references are gone")
	s.Release()
	require.Zero(t, freed)
	require.Equal(t, []byte{2, 3}, ss.Bytes())
	ss.Release()
	require.Equal(t, 1, freed)
	panics(t, "memory: Buffer.Bytes after the last Release", func() { ss.Bytes() })
	panics(t, "memory: Buffer.Retain after the last Release", func() { s.Retain() })
	panics(t, "memory: Buffer.Release more often than Retain", func() { ss.Release() })
	require.Equal(t, 1, freed)
}

// panics requires a panic whose text begins with want; builds with the tag memtrace
// add stacks to it.
func panics(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		text, _ := recover().(string)
		require.True(t, strings.HasPrefix(text, want), text)
		if Tracing {
			require.Contains(t, text, "bytes allocated at")
		}
	}()
	f()
}

func TestSliceBounds(t *testing.T) {
	b := Wrap(make([]byte, 4))
	require.Empty(t, b.Slice(4, 0).Bytes())
	for _, r := range [][2]int{{-1, 1}, {0, 5}, {5, 0}, {4, 1}, {1, math.MaxInt}, {0, -1}} {
		require.PanicsWithValue(t, "memory: Buffer.Slice out of range", func() { b.Slice(r[0], r[1]) })
	}
}

func TestConcurrentReferences(t *testing.T) {
	freed := make(chan struct{}, 2)
	b := NewBuffer(make([]byte, 64), func() { freed <- struct{}{} })
	var wg sync.WaitGroup
	for i := range 8 {
		b.Retain()
		wg.Go(func() {
			for range 1000 {
				s := b.Slice(i, 8)
				_ = s.Bytes()[0]
				s.Release()
			}
			b.Release()
		})
	}
	wg.Wait()
	require.Empty(t, freed)
	b.Release()
	require.Len(t, freed, 1)
}

func TestChecked(t *testing.T) {
	c := NewChecked(Heap())
	a, err := c.Alloc(10, 0)
	require.NoError(t, err)
	b, err := c.Alloc(20, 0)
	require.NoError(t, err)
	s := a.Slice(2, 3)
	old := b.Bytes()
	b.Release()
	require.Equal(t, byte(0xdb), old[0], "released memory is overwritten")
	a.Release()
	leaks := c.Leaks()
	require.Len(t, leaks, 1, "the slice still holds the first")
	require.True(t, strings.HasPrefix(leaks[0], "10 bytes"), leaks[0])
	require.Contains(t, leaks[0], "TestChecked")
	s.Release()
	require.Empty(t, c.Leaks())
	_, err = c.Alloc(math.MaxInt, 0)
	require.Error(t, err)
	require.Empty(t, c.Leaks())
}
