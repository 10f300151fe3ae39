package reclaim

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, o pool.Options) *pool.Pool {
	t.Helper()
	p, err := pool.New(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

// A tenant is a movable buffer with known contents.
type tenant struct {
	memory.Movable
	seed byte
}

func (o tenant) write() {
	data := o.Pin()
	for i := range data {
		data[i] = byte(i*7) + o.seed
	}
	o.Unpin()
}

func (o tenant) check(t testing.TB) {
	t.Helper()
	data := o.Pin()
	defer o.Unpin()
	for i, v := range data {
		if v != byte(i*7)+o.seed {
			t.Fatalf("byte %d of %d is %d", i, len(data), v)
		}
	}
}

// churn leaves a pool with gaps: of about so many bytes of movable buffers, most of
// them small, that were allocated and written, one in ten is left.
func churn(t testing.TB, p *pool.Pool, bytes int) []tenant {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var all, left []tenant
	for i := 0; bytes > 0; i++ {
		n := 1 + r.IntN(100_000)
		if i%30 == 0 {
			n = 1<<20 + r.IntN(3<<20)
		}
		bytes -= n
		m, err := p.AllocMovable(n, 0)
		require.NoError(t, err)
		o := tenant{m, byte(i)}
		o.write()
		all = append(all, o)
	}
	for _, o := range all {
		if r.IntN(5) > 0 {
			o.Release()
		} else {
			left = append(left, o)
		}
	}
	return left
}

func release(all []tenant) {
	for _, o := range all {
		o.Release()
	}
}

// touched returns a buffer of n bytes, all of them written.
func touched(t testing.TB, p *pool.Pool, n int) memory.Buffer {
	t.Helper()
	b, err := p.Alloc(n, 0)
	require.NoError(t, err)
	data := b.Bytes()
	for i := 0; i < len(data); i += 4096 {
		data[i] = 1
	}
	return b
}
