//go:build memtrace

package memory

import (
	"fmt"
	"runtime/debug"
	"sync"
)

// Tracing reports whether this build keeps the stacks of allocations and
// releases (build tag memtrace).
const Tracing = true

// A trace is where a block was allocated and, if it is over, where it ended.
type trace struct {
	size       int
	begin, end []byte
}

type blockOf struct {
	span  *Span
	block int
}

// traces has the last trace of every block. It grows with the program: this build is
// for finding faults.
var traces sync.Map // of blockOf to *trace

func traceBegin(s *Span, block, size int) {
	traces.Store(blockOf{s, block}, &trace{size: size, begin: debug.Stack()})
}

func traceEnd(s *Span, block int) {
	if v, ok := traces.Load(blockOf{s, block}); ok {
		v.(*trace).end = debug.Stack()
	}
}

func traceOf(s *Span, block int) string {
	v, ok := traces.Load(blockOf{s, block})
	if !ok {
		return ""
	}
	l := v.(*trace)
	text := fmt.Sprintf("\n%d bytes allocated at\n%s", l.size, l.begin)
	if l.end != nil {
		text += fmt.Sprintf("\nand released at\n%s", l.end)
	}
	return text
}
