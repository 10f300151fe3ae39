package cli

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Progress shows only for what takes time: not in the first patience, and then
// at most once in each refresh.
const (
	patience = 400 * time.Millisecond
	refresh  = 100 * time.Millisecond
)

// A progress is one line of a terminal that says what is going on and is gone
// when it is over. It is silent elsewhere.
type progress struct {
	w     io.Writer // nil: silent
	start time.Time

	mu    sync.Mutex // the timer of later writes, too
	timer *time.Timer
	last  time.Time
	shown bool
}

func newProgress(s *Streams) *progress {
	p := &progress{start: time.Now()}
	if s.ErrTTY {
		p.w = s.Err
	}
	return p
}

// set shows a state of the work.
func (p *progress) set(format string, args ...any) {
	if p.w == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); now.Sub(p.start) >= patience && now.Sub(p.last) >= refresh {
		p.print(fmt.Sprintf(format, args...))
	}
}

// later shows text once the work has lasted, unless done is called before.
func (p *progress) later(text string) {
	if p.w == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil {
		p.timer.Stop()
	}
	p.timer = time.AfterFunc(patience, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.timer != nil {
			p.print(text)
		}
	})
}

func (p *progress) print(text string) {
	// A line that wraps could not be taken away again. How far the work is stands at the end,
	// behind names that may be long.
	n := columns(p.w) - 1
	fmt.Fprintf(p.w, "\r\x1b[K%s", shortenFront(text, n, n/4))
	p.last, p.shown = time.Now(), true
}

// done takes the line away. The progress may be used again for the next work.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
	p.start = time.Now()
}
