package parallel

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBalance drives the decision with loops of a known pace on a clock of its
// own.
func TestBalance(t *testing.T) {
	clock, switches := time.Unix(1000, 0), int64(0)
	b := balance{now: func() time.Time { return clock }, interrupted: func() int64 { return switches }}
	// run makes loops of the given lengths for a while and returns for how much
	// of it the caller was alone.
	run := func(total, together, single time.Duration, interrupts bool) (alone time.Duration) {
		for end := clock.Add(total); clock.Before(end); {
			if interrupts {
				switches++
			}
			if b.alone() {
				clock = clock.Add(single)
				alone += single
			} else {
				clock = clock.Add(together)
			}
		}
		return alone
	}
	const second, us = time.Second, time.Microsecond
	require.Zero(t, run(second, 10*us, 20*us, false), "a quiet machine")
	require.Zero(t, run(second, 30*us, 20*us, false), "nobody interrupts, so there is nothing to gain from a trial")
	// Neighbours, and the workers still help: a trial now and then.
	require.Less(t, run(4*second, 15*us, 20*us, true), second/5)
	// Neighbours, and the workers hinder: alone but for short looks.
	require.Greater(t, run(4*second, 30*us, 20*us, true), 4*second*9/10)
	// A trial that the workers won is no licence: they fall behind, and are left at once.
	require.LessOrEqual(t, run(2*second, 10*us, 20*us, false), longest)
	require.Less(t, run(fresh/2, 15*us, 20*us, true), fresh/20)
	require.Greater(t, run(fresh/4, 50*us, 20*us, true), fresh/5)
	// Loops too long for a trial: one is given up, and the rest are shared.
	require.LessOrEqual(t, run(2*second, 10*us, 20*us, false), longest)
	require.Zero(t, run(20*second, 2*time.Millisecond, 3*time.Millisecond, true))
	run(second, 100*us, 100*us, true)
	require.Less(t, run(20*second, time.Millisecond/2, 3*time.Millisecond, true), 7*second)
	// Neighbours again, and then they go away.
	run(4*second, 30*us, 20*us, true)
	require.LessOrEqual(t, run(2*second, 10*us, 20*us, false), longest)
	require.Zero(t, run(second, 10*us, 20*us, false))
}

// TestAloneRunsAll: a pool whose caller works alone does every loop in full.
func TestAloneRunsAll(t *testing.T) {
	p := New(2)
	defer p.Close()
	p.balance.mode, p.balance.until = solo, time.Now().Add(time.Hour)
	for range 100 {
		sum := 0 // no worker touches it
		p.Run(10, func(i int) { sum += i })
		require.Equal(t, 45, sum)
	}
	calls := 0
	p.Range(1000, 8, func(lo, hi int) {
		require.Zero(t, lo)
		require.Equal(t, 1000, hi)
		calls++
	})
	require.Equal(t, 1, calls, "alone, a range need not be split")
	require.Equal(t, solo, p.balance.mode)
}
