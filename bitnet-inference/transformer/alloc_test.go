package transformer

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// TestForwardAllocates: once scratch has grown, a token allocates nothing, alone
// or in a prompt, on one thread or several.
func TestForwardAllocates(t *testing.T) {
	for _, threads := range []int{1, 2} {
		m := load(t, golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed"), threads).fast
		s := start(t, m).s
		for _, tokens := range []int{1, 40} {
			ids := make([]int32, tokens)
			require.LessOrEqual(t, testing.AllocsPerRun(20, func() {
				s.Truncate(0)
				_, err := s.Forward(context.Background(), ids)
				require.NoError(t, err)
			}), 1.0, "%d threads, %d tokens", threads, tokens)
		}
	}
}
