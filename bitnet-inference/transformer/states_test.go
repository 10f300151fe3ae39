package transformer

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
)

// A limited allocator counts the bytes that it has lent, and lends up to a limit of them.
type limited struct {
	memory.Allocator
	bytes, limit int
}

func (l *limited) AllocMovable(n, align int) (memory.Movable, error) {
	if l.bytes+n > l.limit {
		return nil, errors.New("that is the limit")
	}
	b, err := memory.AllocMovable(l.Allocator, n, align)
	if err != nil {
		return nil, err
	}
	l.bytes += n
	return &lent{b, l}, nil
}

type lent struct {
	memory.Movable
	of *limited
}

func (l *lent) Release() {
	l.of.bytes -= l.Len()
	l.Movable.Release()
}

// TestStatesMemory: whatever texts come one after the other, States hold no more memory
// than twice what those that were under way together need, rounded up.
func TestStatesMemory(t *testing.T) {
	m := load(t, golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed"), 1).fast
	const context, texts = 2048, 300
	m.config.ContextLength = context
	lender := &limited{m.alloc, 0, math.MaxInt}
	m.alloc = lender
	defer func() { m.alloc = lender.Allocator }()
	one, err := m.NewState(context)
	require.NoError(t, err)
	position := lender.bytes / context
	one.Release()
	require.Zero(t, lender.bytes)

	rng := rand.New(rand.NewPCG(1, 2))
	for name, length := range map[string]func(i int) int{
		"rising":      func(i int) int { return 1 + i*(context-1)/(texts-1) },
		"falling":     func(i int) int { return context - i*(context-1)/(texts-1) },
		"short":       func(int) int { return 2 },
		"alternating": func(i int) int { return []int{2, context}[i%2] },
		"random":      func(int) int { return 1 + rng.IntN(context) },
	} {
		for _, together := range []int{1, 2, 9} {
			states := m.NewStates()
			defer states.Release()
			needed, most := 0, 0
			for i := range texts {
				if i%together == 0 {
					states.Reset()
					needed = 0
				}
				n := length(i)
				s, err := states.Take(n)
				require.NoError(t, err)
				require.Zero(t, s.Len())
				require.GreaterOrEqual(t, s.Cap(), n)
				needed += max(nn.KeyBlock, n+max(n/8, nn.KeyBlock-1))
				require.LessOrEqual(t, states.Positions(), needed)
				most = max(most, needed)
				require.LessOrEqual(t, lender.bytes, 2*most*position, "%s, %d together, text %d", name, together, i)
			}
			states.Release()
			require.Zero(t, lender.bytes)
		}
	}
}

// TestStatesLimit: where memory is short, what is idle gives way to what is needed.
func TestStatesLimit(t *testing.T) {
	m := load(t, golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed"), 1).fast
	lender := &limited{m.alloc, 0, math.MaxInt}
	m.alloc = lender
	defer func() { m.alloc = lender.Allocator }()
	states := m.NewStates()
	defer states.Release()
	for range 4 {
		_, err := states.Take(64)
		require.NoError(t, err)
	}
	states.Reset()
	lender.limit = lender.bytes
	_, err := states.Take(256)
	require.NoError(t, err)
	_, err = states.Take(32)
	require.ErrorContains(t, err, "that is the limit")
	states.Reset()
	_, err = states.Take(200)
	require.NoError(t, err)
	_, err = states.Take(m.config.ContextLength + 1)
	require.ErrorContains(t, err, "a context of 513 tokens was asked for")
}
