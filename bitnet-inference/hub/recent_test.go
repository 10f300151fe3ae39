package hub

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFollower: the hash is that of the file, in whatever order blocks come, some twice, some begun before where the
// follower is, and whether there is room to keep them or not.
func TestFollower(t *testing.T) {
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 7))
		data := noise(seed, 1+random.IntN(3<<20))
		size := int64(len(data))
		r := &recent{limit: random.IntN(8), size: blockSize}
		var mu sync.Mutex
		var done ranges
		var hashed atomic.Int64
		grown := make(chan struct{}, 1)
		f := follower{
			file: bytes.NewReader(data), size: size, hash: sha256.New(), recent: r, hashed: &hashed, grown: grown,
			prefix: func() int64 { mu.Lock(); defer mu.Unlock(); return done.prefix() },
		}
		var spans ranges
		for at := int64(0); at < size; {
			to := min(size, at+1+random.Int64N(blockSize))
			spans = append(spans, span{at, to})
			if random.IntN(4) == 0 {
				spans = append(spans, span{at, to})
			}
			at = to - random.Int64N(min(to-at, 100))*int64(random.IntN(2)) // the next may begin within it
			if to == size {
				break
			}
		}
		random.Shuffle(len(spans), func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
		var worker sync.WaitGroup
		worker.Go(func() {
			for _, s := range spans {
				b := r.start(s.from)
				b.data = append(b.data, data[s.from:s.to]...)
				if b.old = random.IntN(4) == 0; b.old {
					clear(b.data) // not what the file has
				}
				mu.Lock()
				done.add(s)
				mu.Unlock()
				r.keep(b)
				select {
				case grown <- struct{}{}:
				default:
				}
			}
		})
		sum, err := f.run(t.Context())
		worker.Wait()
		require.NoError(t, err)
		want := sha256.Sum256(data)
		require.Equal(t, hex.EncodeToString(want[:]), sum, "seed %d", seed)
		require.LessOrEqual(t, len(r.blocks), r.limit)
	}
}

// TestBlockOverOldBytes: a block of which the file keeps some bytes of before is not kept in their place.
func TestBlockOverOldBytes(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "part"))
	require.NoError(t, err)
	defer file.Close()
	for name, test := range map[string]struct {
		done ranges
		kept int
		want string
	}{
		"new":     {nil, 1, "new bytes!"},
		"between": {ranges{{3, 5}}, 0, "new\x00\x00ytes!"},
		"old":     {ranges{{0, 10}}, 0, "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"},
	} {
		require.NoError(t, file.Truncate(0), name)
		require.NoError(t, file.Truncate(10), name)
		d := download{
			source: &source{}, meter: newMeter(&Plan{}, nil), file: file, done: test.done,
			recent: &recent{limit: 2, size: 16}, grown: make(chan struct{}, 1),
		}
		in := d.recent.start(0)
		require.NoError(t, d.write(in, copy(in.room(16), "new bytes!")), name)
		d.handOn(in)
		require.Len(t, d.recent.blocks, test.kept, name)
		got := make([]byte, 10)
		_, err := file.ReadAt(got, 0)
		require.NoError(t, err, name)
		require.Equal(t, test.want, string(got), name)
	}
}
