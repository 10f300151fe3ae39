package parallel

import "time"

const (
	// A window of loops is long enough for several time slices of the operating
	// system, and for the loops of a token or two of a large model.
	windowTime  = 10 * time.Millisecond
	windowLoops = 512
	// A window that takes longer than this has loops so long, those of a prefill,
	// that a lost time slice matters little and a trial costs much.
	windowLimit = 300 * time.Millisecond
	// suspicious is how many involuntary context switches a second say that
	// another process wants a core of ours: a quiet virtual machine has 150 to
	// 350, one beside a busy process 700 to 5,000. With one on each core they are
	// few again, and then the workers are worth having.
	suspicious = 500
	// The caller works alone for shortest when that turned out faster, twice as
	// long each time it still is, and for longest at most: neighbours come and
	// go. Where a window takes long, so does what follows it.
	shortest = 100 * time.Millisecond
	longest  = 800 * time.Millisecond
	// fresh is for how long the pace of the caller alone is taken as known. After
	// that a trial tells it again.
	fresh = time.Second
	// A window that begins at less than half of that pace is over after probeTime
	// and probeLoops.
	probeTime  = time.Millisecond
	probeLoops = 64
	// clockEvery is how many loops pass between looks at the clock.
	clockEvery = 16
)

// A balance decides whether workers help. A thread that shares its core with
// another process may lose it in the middle of a loop, and then the whole loop
// waits for a time slice or two: two threads become slower than one, which the
// operating system would move to the free core. When it sees the process being
// interrupted, the balance lets the caller work alone for one window and
// compares the pace of loops. Loops differ, but a window holds the same mixture
// of them as the next, since a model computes token after token.
type balance struct {
	mode     mode
	loops    int
	start    time.Time // of the window
	switches int64     // at its start
	until    time.Time // when mode solo ends
	penalty  time.Duration
	single   float64   // loops a second of the caller alone, when last seen
	seen     time.Time // when that was
	together float64   // and with workers, in the last window

	now         func() time.Time
	interrupted func() int64 // involuntary context switches so far
}

type mode uint8

const (
	shared mode = iota // all threads take part
	trial              // the caller alone, for one window
	solo               // the caller alone, for a while
)

// alone reports whether the caller should run the next loop by itself. It is
// called before every loop.
func (b *balance) alone() bool {
	if b.loops++; b.mode != shared || b.loops%clockEvery == 0 {
		b.look()
	}
	return b.mode != shared
}

// look decides at the end of a window.
func (b *balance) look() {
	t := b.now()
	elapsed := t.Sub(b.start)
	if b.start.IsZero() || b.loops > 1<<30 {
		b.enter(b.mode, t)
		return
	}
	pace := float64(b.loops) / elapsed.Seconds()
	whole := elapsed >= windowTime && b.loops >= windowLoops
	known := t.Sub(b.seen) < fresh
	switch b.mode {
	case solo:
		if t.After(b.until) {
			// Much slower than in the trial: other loops, or a pause.
			if b.seen = t; pace < b.single*3/4 {
				b.seen = time.Time{}
			}
			b.enter(shared, t)
		}
	case trial:
		switch {
		case elapsed > windowLimit:
			b.single, b.seen = 0, t
			b.enter(shared, t)
		case whole:
			b.single, b.seen = pace, t
			if pace > b.together {
				b.workAlone(t)
				return
			}
			b.penalty = 0
			b.enter(shared, t)
		}
	case shared:
		if known && pace < b.single/2 && elapsed >= probeTime && b.loops >= probeLoops {
			b.workAlone(t)
			return
		}
		if !whole {
			return
		}
		b.together = pace
		pressed := float64(b.interrupted()-b.switches)/elapsed.Seconds() > suspicious && elapsed <= windowLimit
		switch {
		case !pressed:
			b.penalty, b.seen = 0, time.Time{}
		case !known:
			b.enter(trial, t)
			return
		case pace < b.single:
			b.workAlone(t)
			return
		}
		b.enter(shared, t)
	}
}

func (b *balance) workAlone(t time.Time) {
	b.penalty = max(min(2*b.penalty, longest), shortest, 4*t.Sub(b.start))
	b.until = t.Add(b.penalty)
	b.enter(solo, t)
}

func (b *balance) enter(m mode, t time.Time) {
	b.mode, b.loops, b.start, b.switches = m, 0, t, b.interrupted()
}
