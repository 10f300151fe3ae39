package track

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
)

// TestMovable: memory that moves is accounted for where it was allocated, until it is
// released.
func TestMovable(t *testing.T) {
	for _, level := range levels {
		p, err := pool.New(pool.Options{})
		require.NoError(t, err)
		tr := New(p, Options{Level: level})
		below, err := p.Alloc(4<<20, 0)
		require.NoError(t, err)
		m, err := memory.AllocMovable(tr.Tagged("cache"), 2<<20, 0)
		require.NoError(t, err)
		m.Pin()[5] = 7
		m.Unpin()
		below.Release()
		done, err := p.Compact(t.Context(), false)
		require.NoError(t, err)
		if !memory.Tracing {
			require.Equal(t, 1, done.Buffers)
		}
		require.Equal(t, byte(7), m.Pin()[5])
		m.Unpin()
		if level != None {
			require.EqualValues(t, 2<<20, tr.Report().Total.LiveBytes)
			require.Len(t, tr.Leaks(), 1)
		}
		m.Release()
		require.Zero(t, tr.Report().Total.LiveBytes)
		direct, err := tr.AllocMovable(100, 0)
		require.NoError(t, err)
		direct.Release()
		_, err = tr.AllocMovable(math.MaxInt, 0)
		require.Error(t, err)
		require.NoError(t, tr.Close())
		require.NoError(t, p.Close())
	}
}
