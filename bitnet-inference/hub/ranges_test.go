package hub

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestRanges compares with a set of single bytes.
func TestRanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const size = 40
		var r ranges
		var set [size]bool
		for _, s := range rapid.SliceOf(rapid.SliceOfN(rapid.Int64Range(0, size), 2, 2)).Draw(t, "spans") {
			r.add(span{s[0], s[1]})
			for i := s[0]; i < s[1]; i++ {
				set[i] = true
			}
		}
		var n, prefix int64
		for i, in := range set {
			if in {
				n++
				if int(prefix) == i {
					prefix++
				}
			}
			require.Equal(t, !in, r.missingIn(span{int64(i), int64(i) + 1}).total() == 1)
		}
		require.Equal(t, n, r.total())
		require.Equal(t, prefix, r.prefix())
		gaps := r.missing(size)
		require.Equal(t, size-n, gaps.total())
		for i := 1; i < len(r); i++ {
			require.Less(t, r[i-1].to, r[i].from)
		}
		cut := rapid.Int64Range(0, size).Draw(t, "cut")
		require.Equal(t, cut-r.missing(cut).total(), r.within(cut).total())
		require.LessOrEqual(t, r.end(), int64(size))
		d := download{c: &Client{partSize: 3}, queue: gaps}
		for g, ok := d.next(); ok; g, ok = d.next() {
			require.LessOrEqual(t, g.size(), int64(3))
			require.Equal(t, g.size(), r.missingIn(g).total(), "it is here")
			r.add(g)
		}
		require.Equal(t, ranges{{0, size}}, r)
		require.Equal(t, r, parseSidecar(sidecarOf(r, size), size))
	})
}

func TestSidecar(t *testing.T) {
	done := ranges{{0, 10}, {20, 30}}
	data := sidecarOf(done, 100)
	require.Equal(t, "bitnet-parts 1 100\n0 10 09a65643\n20 10 352195a4\n", string(data))
	require.Equal(t, done, parseSidecar(data, 100))
	require.Nil(t, parseSidecar(data, 101), "of another file")
	for i := range data { // torn anywhere
		got := parseSidecar(data[:i], 100)
		require.Zero(t, got.total()%10, "a line that was not finished counts: %v", got)
	}
	for i := range data { // a bit that flipped makes a line void
		bad := append([]byte{}, data...)
		bad[i] ^= 1
		require.Zero(t, parseSidecar(bad, 100).total()%10)
	}
}

// TestSidecarIsRewritten: it does not grow with the time that a download takes.
func TestSidecarIsRewritten(t *testing.T) {
	store, err := OpenStore(t.TempDir())
	require.NoError(t, err)
	defer store.Close()
	f := File{Path: "x", Size: 10_000, Blob: hash64}
	d := &download{
		c: &Client{store: store}, repo: "a/b", name: unfinished("a/b", hash64), limit: 500,
		source: &source{file: f}, meter: newMeter(&Plan{}, nil),
	}
	require.NoError(t, store.mkdirs(d.part()))
	require.NoError(t, d.open())
	for i := int64(0); i < 200; i++ {
		_, err := d.file.WriteAt(make([]byte, 10), i*10)
		require.NoError(t, err)
		d.done.add(span{i * 10, i*10 + 10})
		require.NoError(t, d.flush())
		data, err := store.root.ReadFile(d.side())
		require.NoError(t, err)
		require.Less(t, len(data), 600)
		require.Equal(t, ranges{{0, i*10 + 10}}, parseSidecar(data, f.Size))
	}
	require.NoError(t, d.close())
}

// TestAllNotedButNotHashed: where all has come and hashing is cut short, all is noted.
func TestAllNotedButNotHashed(t *testing.T) {
	store, err := OpenStore(t.TempDir())
	require.NoError(t, err)
	defer store.Close()
	f := File{Path: "x", Size: 100, Blob: hash64}
	d := &download{
		c: &Client{store: store, noteEvery: time.Hour}, repo: "a/b", name: unfinished("a/b", hash64), limit: 500,
		source: &source{file: f}, meter: newMeter(&Plan{}, nil),
	}
	require.NoError(t, store.mkdirs(d.part()))
	require.NoError(t, d.open())
	require.NoError(t, d.write(&block{data: make([]byte, 0, 100)}, 100))
	d.hashed.Store(50)
	stop := make(chan struct{})
	close(stop)
	require.NoError(t, d.journal(stop))
	require.NoError(t, d.close())
	require.Equal(t, f.Size, store.have("a/b", "", f))
}

func FuzzSidecar(f *testing.F) {
	f.Add(sidecarOf(ranges{{0, 10}, {20, 30}}, 100), int64(100))
	f.Add([]byte("bitnet-parts 1 5\n0 9223372036854775807 00000000\n"), int64(5))
	f.Fuzz(func(t *testing.T, data []byte, size int64) {
		at := int64(-1)
		for _, s := range parseSidecar(data, size) {
			if s.from <= at || s.from >= s.to || s.from < 0 || s.to > size {
				t.Fatalf("%v in a file of %d bytes", s, size)
			}
			at = s.to
		}
	})
}
