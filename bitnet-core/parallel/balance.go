package parallel

import "time"

const (
	// window is how long loops are watched before it is decided whether the
	// workers help: several time slices of the operating system.
	window = 10 * time.Millisecond
	// The caller works alone for shortest after the first window in which the
	// workers did not help, twice as long after each one that follows, and for
	// longest at most: neighbours come and go.
	shortest = 40 * time.Millisecond
	longest  = 320 * time.Millisecond
	// clockEvery is how many loops pass between looks at the clock.
	clockEvery = 16
)

// A balance decides whether workers help. A worker that shares its core with
// another process may lose it in the middle of a chunk, and then the whole loop
// waits for a time slice or two: two threads become slower than one. A loop's
// time is compared with what the caller alone would have needed, which the pace
// of its own chunks tells.
type balance struct {
	spent, solo uint64 // ticks of this window's loops, as they were and as estimated
	loops       int
	start       time.Time // of the window
	alone       bool
	until       time.Time // when alone ends
	penalty     time.Duration
}

// soloNow reports whether the caller should work alone now.
func (b *balance) soloNow(now func() time.Time) bool {
	if !b.alone {
		return false
	}
	t := now()
	if t.Before(b.until) {
		return true
	}
	b.alone = false
	b.restart(t)
	return false
}

// add accounts for a loop of n chunks, of which the caller ran mine from tick t0
// to t1; the last chunk ended at t2.
func (b *balance) add(t0, t1, t2 uint64, n, mine int, now func() time.Time) {
	if mine == 0 || t1 < t0 || t2 < t1 {
		return // nothing to tell the pace by, or ticks of two clocks
	}
	b.spent += t2 - t0
	b.solo += (t1 - t0) / uint64(mine) * uint64(n)
	if b.loops++; b.loops%clockEvery != 0 {
		return
	}
	t := now()
	if b.start.IsZero() {
		b.restart(t)
	}
	if t.Sub(b.start) < window {
		return
	}
	if b.spent <= b.solo {
		b.penalty = 0
		b.restart(t)
		return
	}
	b.penalty = min(max(2*b.penalty, shortest), longest)
	b.alone, b.until = true, t.Add(b.penalty)
}

func (b *balance) restart(t time.Time) {
	b.spent, b.solo, b.loops, b.start = 0, 0, 0, t
}
