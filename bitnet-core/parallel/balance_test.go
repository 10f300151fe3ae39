package parallel

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBalance drives the decision with loops of a known pace on a clock of its
// own: one tick is a nanosecond.
func TestBalance(t *testing.T) {
	var b balance
	clock := time.Unix(1000, 0)
	now := func() time.Time { return clock }
	// run makes loops of 8 chunks of 1 µs for a while, of which the caller runs
	// mine and then waits, and returns for how much of it the caller was alone.
	run := func(total time.Duration, mine int, wait time.Duration) (alone time.Duration) {
		for end := clock.Add(total); clock.Before(end); {
			if b.soloNow(now) {
				clock = clock.Add(8 * time.Microsecond)
				alone += 8 * time.Microsecond
				continue
			}
			t0 := uint64(clock.UnixNano())
			t1 := t0 + uint64(mine)*1000
			t2 := t1 + uint64(wait)
			clock = time.Unix(0, int64(t2))
			b.add(t0, t1, t2, 8, mine, now)
		}
		return alone
	}
	require.Zero(t, run(time.Second, 4, 0), "workers do half")
	require.Zero(t, run(time.Second, 8, 0), "workers do nothing, and do not hinder")
	// Workers take half of the chunks and keep the caller waiting.
	alone := run(2*time.Second, 4, 20*time.Microsecond)
	require.Greater(t, alone, 1800*time.Millisecond)
	require.Less(t, alone, 2*time.Second, "it keeps trying")
	// The neighbour goes away.
	require.LessOrEqual(t, run(time.Second, 4, 0), longest)
	require.Zero(t, run(time.Second, 4, 0))
	// One bad time slice in a good second is not worth a change for long.
	run(5*time.Millisecond, 4, 3*time.Millisecond)
	require.LessOrEqual(t, run(time.Second, 4, 0), shortest)
}

func TestTicks(t *testing.T) {
	a := ticks()
	time.Sleep(time.Millisecond)
	require.Greater(t, ticks(), a)
}
