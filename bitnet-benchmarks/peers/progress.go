package main

import (
	"fmt"
	"os"
)

// A progress is one line of a terminal that says what is going on and is gone
// when it is over. It is silent elsewhere.
type progress struct {
	w     *os.File // nil: silent
	shown bool
}

func newProgress(w *os.File) *progress {
	info, err := w.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return &progress{}
	}
	return &progress{w: w}
}

func (p *progress) set(format string, args ...any) {
	if p.w != nil {
		fmt.Fprintf(p.w, "\r\x1b[K"+format, args...)
		p.shown = true
	}
}

func (p *progress) done() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}
