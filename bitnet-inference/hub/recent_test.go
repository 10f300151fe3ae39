package hub

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
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
		r := &recent{limit: random.IntN(8)}
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
