package memory

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// fillRandom makes bytes that nothing can compress.
func fillRandom(b []byte) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
}

// bufferOf returns a buffer of a with a copy of data.
func bufferOf(t testing.TB, a Allocator, data []byte) Buffer {
	t.Helper()
	b, err := a.Alloc(len(data), 0)
	require.NoError(t, err)
	copy(b.Bytes(), data)
	return b
}

func TestFreezeThaw(t *testing.T) {
	random := make([]byte, 3*frozenPart)
	fillRandom(random)
	mixed := bytes.Clone(random)
	clear(mixed[frozenPart : 2*frozenPart])
	for name, tt := range map[string]struct {
		data    []byte
		largest int // size allowed
	}{
		"empty":              {nil, 0},
		"one byte":           {[]byte{7}, 1},
		"zeros":              {make([]byte, 5*frozenPart), 5 * 250},
		"a part":             {bytes.Repeat([]byte("weights "), frozenPart/8), 1000},
		"a part and a byte":  {make([]byte, frozenPart+1), 250},
		"a part less a byte": {make([]byte, frozenPart-1), 250},
		"random":             {random, len(random)},
		"random and zeros":   {mixed, 2*frozenPart + 250},
		"random, odd":        {random[:frozenPart+12345], frozenPart + 12345},
	} {
		t.Run(name, func(t *testing.T) {
			c := NewChecked(Heap())
			f, err := Freeze(bufferOf(t, c, tt.data), c)
			require.NoError(t, err)
			require.Len(t, c.Leaks(), parts(len(tt.data)), "the original is released")
			require.Equal(t, len(tt.data), f.Len())
			require.LessOrEqual(t, f.Size(), tt.largest)
			b, err := f.Thaw(c, 4096)
			require.NoError(t, err)
			require.True(t, bytes.Equal(tt.data, b.Bytes()))
			require.Zero(t, misalignment(b.Bytes(), 4096))
			require.Len(t, c.Leaks(), 1, "what was compressed is released")
			b.Release()
			require.Empty(t, c.Leaks())
		})
	}
}

// TestFreezeTakesTheReference: what is frozen cannot be reached, and its memory is
// released once.
func TestFreezeTakesTheReference(t *testing.T) {
	c := NewChecked(Mapped())
	b := bufferOf(t, c, []byte("abcabcabc"))
	f, err := Freeze(b, c)
	require.NoError(t, err)
	panics(t, "memory: Buffer.Bytes after the last Release", func() { b.Bytes() })
	panics(t, "memory: Buffer.Retain after the last Release", func() { b.Retain() })
	panics(t, "memory: Buffer.Release more often than Retain", func() { b.Release() })
	panics(t, "memory: Buffer.Shared after the last Release", func() { Freeze(b, c) })
	require.Panics(t, func() { Freeze(Buffer{}, c) })
	f.Release()
	require.Empty(t, c.Leaks())
	require.PanicsWithValue(t, "memory: Frozen.Release after Thaw or Release", f.Release)
	require.PanicsWithValue(t, "memory: Frozen.Thaw after Thaw or Release", func() { f.Thaw(c, 0) })
}

// owner is an allocator of blocks of 64 bytes, as a pool is.
type owner struct {
	span  *Span
	freed []int
}

func (o *owner) Free(block int) { o.freed = append(o.freed, block) }

// TestFreezeBlocks: a pool is told once of the end of a frozen block's life, and may
// give it to somebody else while the old reference stays dead.
func TestFreezeBlocks(t *testing.T) {
	o := &owner{}
	o.span = NewSpan(o, 2)
	memory := make([]byte, 2*64)
	old := o.span.Buffer(1, memory[64:])
	copy(old.Bytes(), "state")
	f, err := Freeze(old, Heap())
	require.NoError(t, err)
	require.Equal(t, []int{1}, o.freed)
	require.False(t, o.span.Live(1))

	clear(memory)
	other := o.span.Buffer(1, memory[64:])
	panics(t, "memory: Buffer.Bytes after the last Release", func() { old.Bytes() })
	panics(t, "memory: Buffer.Release more often than Retain", old.Release)
	require.Equal(t, make([]byte, 64), other.Bytes())
	other.Release()

	b, err := f.Thaw(Heap(), 0)
	require.NoError(t, err)
	require.Equal(t, "state", string(b.Bytes()[:5]))
	require.Equal(t, []int{1, 1}, o.freed)
}

// TestFreezeShared: a buffer that others hold stays as it is.
func TestFreezeShared(t *testing.T) {
	c := NewChecked(Heap())
	b := bufferOf(t, c, []byte("0123456789"))
	refused := func(b Buffer) {
		t.Helper()
		require.True(t, b.Shared())
		_, err := Freeze(b, c)
		require.ErrorIs(t, err, ErrShared)
	}
	require.False(t, b.Shared())
	b.Retain()
	refused(b)
	b.Release()
	s := b.Slice(2, 6)
	refused(b)
	refused(s)
	require.Equal(t, "0123456789", string(b.Bytes()))

	// With the buffer's own references gone the slice is the only one to its bytes.
	inner := s.Slice(1, 2)
	sibling := b.Slice(0, 1)
	b.Release()
	refused(s)
	s.Release()
	refused(inner)
	sibling.Release()
	require.False(t, inner.Shared())
	f, err := Freeze(inner, c)
	require.NoError(t, err)
	require.Len(t, c.Leaks(), 1, "the original is released")
	got, err := f.Thaw(c, 0)
	require.NoError(t, err)
	require.Equal(t, "34", string(got.Bytes()))
	got.Release()
	require.Empty(t, c.Leaks())
}

// A failing allocator refuses after some allocations.
type failing struct {
	Allocator
	left int
}

var errFull = errors.New("full")

func (f *failing) Alloc(n, align int) (Buffer, error) {
	if f.left--; f.left < 0 {
		return Buffer{}, errFull
	}
	return f.Allocator.Alloc(n, align)
}

// TestFreezeWithoutMemory: after an error everything is as before.
func TestFreezeWithoutMemory(t *testing.T) {
	c := NewChecked(Heap())
	data := bytes.Repeat([]byte{1, 2, 3, 4}, frozenPart/2) // two parts
	b := bufferOf(t, c, data)
	for left := range 2 {
		_, err := Freeze(b, &failing{c, left})
		require.ErrorIs(t, err, errFull)
		require.Len(t, c.Leaks(), 1)
		require.False(t, b.Shared())
		require.Equal(t, data, b.Bytes())
		b.Retain()
		b.Release()
	}
	f, err := Freeze(b, c)
	require.NoError(t, err)
	_, err = f.Thaw(&failing{c, 0}, 0)
	require.ErrorIs(t, err, errFull)
	b, err = f.Thaw(c, 0)
	require.NoError(t, err)
	require.Equal(t, data, b.Bytes())
	b.Release()
	require.Empty(t, c.Leaks())
}

// TestThawDamaged: not one byte of what is frozen can change unnoticed, and the frozen
// buffer thaws once the byte is right again.
func TestThawDamaged(t *testing.T) {
	random := make([]byte, 300)
	fillRandom(random)
	for name, data := range map[string][]byte{
		"compressed": append(bytes.Repeat([]byte("ternary weights, "), 40), random[:50]...),
		"stored":     random,
	} {
		t.Run(name, func(t *testing.T) {
			c := NewChecked(Heap())
			f, err := Freeze(bufferOf(t, c, data), c)
			require.NoError(t, err)
			require.Equal(t, name == "stored", f.Size() == len(data))
			stored := f.parts[0].stored.Bytes()
			for i := range stored {
				for _, mask := range []byte{1, 0x80, 0xff} {
					stored[i] ^= mask
					_, err := f.Thaw(c, 0)
					require.Error(t, err, "byte %d ^ %#x", i, mask)
					require.ErrorContains(t, err, "memory: thaw: part 1 of 1 is damaged: ")
					stored[i] ^= mask
				}
			}
			require.Len(t, c.Leaks(), 1)
			b, err := f.Thaw(c, 0)
			require.NoError(t, err)
			require.Equal(t, data, b.Bytes())
			b.Release()
			require.Empty(t, c.Leaks())
		})
	}
}

// TestFreezeHeap: the Go heap that freezing and thawing take does not grow with the
// buffer.
func TestFreezeHeap(t *testing.T) {
	took := func(size int) uint64 {
		b, err := AllocZeroed(Mapped(), size, 0)
		require.NoError(t, err)
		fillRandom(b.Bytes()[:size/2])
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f, err := Freeze(b, Mapped())
		require.NoError(t, err)
		b, err = f.Thaw(Mapped(), 0)
		require.NoError(t, err)
		runtime.ReadMemStats(&after)
		b.Release()
		return after.TotalAlloc - before.TotalAlloc
	}
	small, large := took(2*frozenPart), took(32*frozenPart)
	t.Logf("heap for %d MiB: %d KiB, for %d MiB: %d KiB", 2*frozenPart>>20, small>>10, 32*frozenPart>>20, large>>10)
	require.Less(t, large, small+1<<20)
	require.Less(t, large, uint64(8<<20))
}

// FuzzThaw: whatever stands where the compressed bytes were is an error, unless they
// are the same. With a checksum to match it is the decoder that must not be misled: to
// more bytes, elsewhere, or a panic.
func FuzzThaw(f *testing.F) {
	f.Add([]byte("abcabcabcabcabcabcabcabcabcabc"), []byte("\x28\xb5\x2f\xfd"), 0, true)
	f.Add(make([]byte, 5000), []byte{0xff, 0xff, 0xff, 0xff, 0x7f}, 5, false)
	f.Add(bytes.Repeat([]byte("01"), 700), []byte{1}, 9, true)
	f.Add(make([]byte, 300), []byte("\x28\xb5\x2f\xfd\xe0\xff\xff\xff\xff\xff\xff\xff"), 0, true)
	f.Fuzz(func(t *testing.T, data, damage []byte, at int, match bool) {
		c := NewChecked(Heap())
		frozen, err := Freeze(bufferOf(t, c, data), c)
		require.NoError(t, err)
		changed := false
		if len(frozen.parts) > 0 {
			p := &frozen.parts[0]
			before := bytes.Clone(p.stored.Bytes())
			copy(p.stored.Bytes()[min(max(at, 0), p.stored.Len()):], damage)
			changed = !bytes.Equal(before, p.stored.Bytes())
			if match {
				p.sum = checksum(p.stored.Bytes())
			}
		}
		b, err := frozen.Thaw(c, 0)
		switch {
		case err != nil:
			require.True(t, changed, err)
			frozen.Release()
		case changed:
			require.True(t, match)
			require.Equal(t, len(data), b.Len())
			b.Release()
		default:
			require.True(t, bytes.Equal(data, b.Bytes()))
			b.Release()
		}
		require.Empty(t, c.Leaks())
	})
}

// BenchmarkFreeze and BenchmarkThaw are for 16 MiB of which half can be compressed.
func BenchmarkFreeze(b *testing.B) {
	benchmarkFrozen(b, func(b *testing.B, buffer Buffer) Buffer {
		f, err := Freeze(buffer, Mapped())
		require.NoError(b, err)
		b.StopTimer()
		buffer, err = f.Thaw(Mapped(), 0)
		require.NoError(b, err)
		b.StartTimer()
		return buffer
	})
}

func BenchmarkThaw(b *testing.B) {
	benchmarkFrozen(b, func(b *testing.B, buffer Buffer) Buffer {
		b.StopTimer()
		f, err := Freeze(buffer, Mapped())
		require.NoError(b, err)
		b.StartTimer()
		buffer, err = f.Thaw(Mapped(), 0)
		require.NoError(b, err)
		return buffer
	})
}

func benchmarkFrozen(b *testing.B, step func(*testing.B, Buffer) Buffer) {
	const size = 16 << 20
	buffer, err := AllocZeroed(Mapped(), size, 0)
	require.NoError(b, err)
	for i := 0; i < size; i += 2 {
		buffer.Bytes()[i] = byte(rand.Uint32()) // as the low halves of float16
	}
	b.SetBytes(size)
	for b.Loop() {
		buffer = step(b, buffer)
	}
	buffer.Release()
}
