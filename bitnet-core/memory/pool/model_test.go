package pool

import (
	"encoding/binary"
	"flag"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

var modelSteps = flag.Int("model.steps", 200_000, "operations of TestModel")

// TestModel runs random operations on pools of several options and compares with a
// trivial model: who holds what, and what it contains. The same operations give the
// same visible results whatever the options.
func TestModel(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	steps := *modelSteps
	if testing.Short() {
		steps /= 10
	}
	var want []uint64
	for _, o := range []Options{
		{},
		{Region: 2 << 20, MaxRegion: 4 << 20},
		{SoftLimit: 4 << 20},
		{Limit: 1 << 40, SystemLimit: func() int64 { return 1 << 39 }, Region: 256 << 20},
	} {
		got := runModel(t, o, seed, steps)
		if want == nil {
			want = got
		}
		require.Equal(t, want, got, "seed %d, options %+v", seed, o)
	}
}

// A held is a reference of the model.
type held struct {
	b    memory.Buffer
	from *owned
	off  int
	n    int
}

// An owned is a buffer of the model.
type owned struct {
	tag  uint64
	refs int
	size int
}

func runModel(t *testing.T, o Options, seed uint64, steps int) (digest []uint64) {
	p := open(t, o)
	r := rand.New(rand.NewPCG(seed, 1))
	var all []held
	var stale []memory.Buffer
	live, bytes := 0, 0
	mark := func(h held) { // the tag, at every 64 bytes it fits
		data := h.b.Bytes()
		for i := 0; i+8 <= len(data); i += max(64, len(data)/16&^63) {
			binary.LittleEndian.PutUint64(data[i:], h.from.tag+uint64(i))
		}
	}
	check := func(h held, step int) {
		data := h.b.Bytes()
		if len(data) != h.n {
			t.Fatalf("seed %d step %d: %d bytes, want %d", seed, step, len(data), h.n)
		}
		if h.off != 0 || h.n != h.from.size {
			return // a slice: its owner checks
		}
		for i := 0; i+8 <= len(data); i += max(64, len(data)/16&^63) {
			if binary.LittleEndian.Uint64(data[i:]) != h.from.tag+uint64(i) {
				t.Fatalf("seed %d step %d: a buffer of %d bytes was overwritten at %d", seed, step, len(data), i)
			}
		}
	}
	drop := func(i, step int) {
		h := all[i]
		check(h, step)
		h.b.Release()
		if h.from.refs--; h.from.refs == 0 {
			live--
			bytes -= h.from.size
		}
		stale = append(stale, h.b)
		all[i] = all[len(all)-1]
		all = all[:len(all)-1]
	}
	for step := range steps {
		switch op := r.IntN(100); {
		case op < 45:
			n := r.IntN(1 << r.IntN(18))
			if op == 0 {
				n = r.IntN(6 << 20)
			}
			align := 1 << r.IntN(14)
			b, err := p.Alloc(n, align)
			if err != nil {
				t.Fatalf("seed %d step %d: %v", seed, step, err)
			}
			if a := uintptr(unsafePointer(b.Bytes())); n > 0 && a%uintptr(align) != 0 {
				t.Fatalf("seed %d step %d: %x is no multiple of %d", seed, step, a, align)
			}
			h := held{b, &owned{tag: r.Uint64(), refs: 1, size: n}, 0, n}
			mark(h)
			all = append(all, h)
			live++
			bytes += n
		case op < 80 && len(all) > 0:
			drop(r.IntN(len(all)), step)
		case op < 88 && len(all) > 0:
			h := all[r.IntN(len(all))]
			off := r.IntN(h.n + 1)
			n := r.IntN(h.n - off + 1)
			s := held{h.b.Slice(off, n), h.from, h.off + off, n}
			if s.off == 0 && s.n == s.from.size {
				s.off = -1
			}
			h.from.refs++
			all = append(all, s)
		case op < 93 && len(all) > 0:
			h := all[r.IntN(len(all))]
			h.b.Retain()
			h.from.refs++
			all = append(all, h)
		case op < 97 && len(all) > 0:
			check(all[r.IntN(len(all))], step)
		case op == 97:
			for len(all) > 200 {
				drop(r.IntN(len(all)), step)
			}
		case op == 98 && r.IntN(10) == 0:
			p.Flush()
			p.Trim(int64(r.IntN(8<<20)), nil, r.IntN(2) == 0)
		case op == 99 && r.IntN(20) == 0:
			s := p.Stats()
			if int(s.SmallLive+s.LargeLive) != live || int(s.Requested) != bytes {
				t.Fatalf("seed %d step %d: %d buffers of %d bytes, want %d of %d", seed, step, s.SmallLive+s.LargeLive, s.Requested, live, bytes)
			}
			digest = append(digest, uint64(live), uint64(bytes))
		}
		if len(stale) > 1000 {
			stale = stale[500:]
		}
	}
	for len(all) > 0 {
		drop(r.IntN(len(all)), steps)
	}
	s := p.Stats()
	require.Zero(t, s.Requested, "seed %d", seed)
	require.Zero(t, s.Allocated, "seed %d", seed)
	for _, b := range stale {
		require.Panics(t, b.Release, "seed %d", seed)
	}
	return digest
}

// FuzzAlloc: sizes and alignments of any kind are served or refused, and two buffers
// never overlap.
func FuzzAlloc(f *testing.F) {
	f.Add(uint64(100), uint8(6), uint64(5<<20), uint8(12))
	f.Add(uint64(0), uint8(20), uint64(1<<20), uint8(0))
	f.Add(uint64(1<<63), uint8(62), uint64(1<<40), uint8(63))
	p, err := New(Options{Limit: 256 << 20})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, n1 uint64, a1 uint8, n2 uint64, a2 uint8) {
		var got [2]memory.Buffer
		for i, r := range []struct {
			n     uint64
			align uint8
		}{{n1, a1}, {n2, a2}} {
			n, align := int(r.n>>1), 1<<(r.align%62)
			b, err := p.Alloc(n, align)
			if err != nil {
				continue
			}
			if n > 256<<20 {
				t.Fatalf("%d bytes beyond the limit", n)
			}
			if a := uintptr(unsafePointer(b.Bytes())); n > 0 && a%uintptr(align) != 0 {
				t.Fatalf("%x is no multiple of %d", a, align)
			}
			got[i] = b
		}
		if a, b := got[0].Bytes(), got[1].Bytes(); len(a) > 0 && len(b) > 0 {
			x, y := uintptr(unsafePointer(a)), uintptr(unsafePointer(b))
			if x < y+uintptr(len(b)) && y < x+uintptr(len(a)) {
				t.Fatal("two buffers overlap")
			}
		}
		for _, b := range got {
			if !b.IsZero() {
				b.Release()
			}
		}
	})
}
