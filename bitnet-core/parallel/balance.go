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
	// go. After a trial that the workers won comes a rest.
	shortest = 100 * time.Millisecond
	longest  = 800 * time.Millisecond
	rest     = time.Second
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
	until    time.Time // when mode solo, or the rest between trials, ends
	penalty  time.Duration
	together float64 // loops a second of the last window with workers
	single   float64 // and of the last trial without

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
	if b.mode == solo && t.After(b.until) {
		b.enter(shared, t)
		return
	}
	elapsed := t.Sub(b.start)
	if b.start.IsZero() || b.loops > 1<<30 {
		b.enter(b.mode, t)
		return
	}
	if b.mode == trial && elapsed > windowLimit {
		b.until = t.Add(rest)
		b.enter(shared, t)
		return
	}
	if elapsed < windowTime || b.loops < windowLoops || b.mode == solo {
		return
	}
	pace := float64(b.loops) / elapsed.Seconds()
	if b.mode == trial {
		if b.single = pace; b.single > b.together {
			b.workAlone(t)
			return
		}
		b.penalty, b.single, b.until = 0, 0, t.Add(rest)
		b.enter(shared, t)
		return
	}
	b.together = pace
	switch rate := float64(b.interrupted()-b.switches) / elapsed.Seconds(); {
	case rate < suspicious || elapsed > windowLimit:
		b.penalty, b.single = 0, 0
	case b.single > pace: // a trial before this has told
		b.workAlone(t)
		return
	case t.After(b.until):
		b.enter(trial, t)
		return
	}
	b.enter(shared, t)
}

func (b *balance) workAlone(t time.Time) {
	b.penalty = min(max(2*b.penalty, shortest), longest)
	b.until = t.Add(b.penalty)
	b.enter(solo, t)
}

func (b *balance) enter(m mode, t time.Time) {
	b.mode, b.loops, b.start, b.switches = m, 0, t, b.interrupted()
}
