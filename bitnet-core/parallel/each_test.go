package parallel

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEach(t *testing.T) {
	for _, n := range []int{0, 1, 2, 1000} {
		calls := make([]atomic.Int32, n)
		require.NoError(t, Each(t.Context(), n, func(i int) { calls[i].Add(1) }))
		for i := range calls {
			require.EqualValues(t, 1, calls[i].Load(), i)
		}
	}
}

func TestEachEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	const n = 1 << 20
	var calls atomic.Int32
	err := Each(ctx, n, func(int) {
		if calls.Add(1) == 10 {
			cancel()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.GreaterOrEqual(t, calls.Load(), int32(10))
	require.Less(t, calls.Load(), int32(n))
	require.ErrorIs(t, Each(ctx, 1, func(int) { calls.Store(0) }), context.Canceled)
	require.NotZero(t, calls.Load(), "nothing begins")
}
