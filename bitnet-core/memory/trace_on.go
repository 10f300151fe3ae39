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

// A life is where a block was allocated and, if it is over, where it ended.
type life struct {
	size       int
	begin, end []byte
}

type blockOf struct {
	span  *Span
	block int
}

// lives has the last life of every block. It grows with the program: this build is
// for finding faults.
var lives sync.Map // of blockOf to *life

func traceBegin(s *Span, block, size int) {
	lives.Store(blockOf{s, block}, &life{size: size, begin: debug.Stack()})
}

func traceEnd(s *Span, block int) {
	if v, ok := lives.Load(blockOf{s, block}); ok {
		v.(*life).end = debug.Stack()
	}
}

func traceOf(s *Span, block int) string {
	v, ok := lives.Load(blockOf{s, block})
	if !ok {
		return ""
	}
	l := v.(*life)
	text := fmt.Sprintf("\n%d bytes allocated at\n%s", l.size, l.begin)
	if l.end != nil {
		text += fmt.Sprintf("\nand released at\n%s", l.end)
	}
	return text
}
