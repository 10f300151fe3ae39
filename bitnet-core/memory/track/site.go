package track

import (
	"runtime"
	"strings"
)

// stackFrames is how many frames of a stack are kept: the innermost ones.
const stackFrames = 16

// walkFrames is how many calls tell stacks apart: those and the tracker's own.
const walkFrames = stackFrames + 4

// A site is a stack that allocates for a tag. [runtime.Callers] takes 600 ns for 16
// frames, because it finds out what was inlined into each. The return addresses
// that walk finds in 20 ns say the same of stacks that have been seen.
type site struct {
	hash              uint64
	calls             [walkFrames]uintptr // by walk, zeros after the last one
	stack             [stackFrames]uintptr
	row               uint32 // account of the tag
	bytes, count      int64  // live
	allocs, allocated int64  // ever
}

func (s *site) begin(n int64) {
	s.bytes += n
	s.count++
	s.allocs++
	s.allocated += n
}

func (s *site) end(n int64) {
	s.bytes -= n
	s.count--
}

// A siteTable finds sites by hash, with linear probing. It keeps what it has seen: as
// many sites as the program has ways to get to an allocation.
type siteTable struct {
	sites []site
	slots []uint32 // index in sites plus 1, 0 if empty; a power of two, at most half full
}

// hashCalls hashes the first n calls and the tag's account.
func hashCalls(calls *[walkFrames]uintptr, n int, row uint32) uint64 {
	h := uint64(row)
	for _, pc := range calls[:n] {
		h = (h ^ uint64(pc)) * hashFactor
		h ^= h >> 29
	}
	return h
}

// find returns the index of a site, new or not.
func (t *siteTable) find(hash uint64, calls *[walkFrames]uintptr, row uint32) (at uint32, isNew bool) {
	mask := uint64(len(t.slots) - 1)
	if len(t.slots) > 0 {
		for at := hash & mask; t.slots[at] != 0; at = (at + 1) & mask {
			s := &t.sites[t.slots[at]-1]
			if s.hash == hash && s.row == row && s.calls == *calls {
				return t.slots[at] - 1, false
			}
		}
	}
	t.sites = append(t.sites, site{hash: hash, row: row, calls: *calls})
	last := uint32(len(t.sites) - 1)
	if 2*len(t.sites) <= len(t.slots) {
		t.place(last)
		return last, true
	}
	t.slots = make([]uint32, max(64, 2*len(t.slots)))
	for i := range t.sites {
		t.place(uint32(i))
	}
	return last, true
}

func (t *siteTable) place(i uint32) {
	mask := uint64(len(t.slots) - 1)
	at := t.sites[i].hash & mask
	for t.slots[at] != 0 {
		at = (at + 1) & mask
	}
	t.slots[at] = i + 1
}

// A Frame is a call in a stack.
type Frame struct {
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
}

// frames returns the calls of a stack, innermost first, inlined ones included.
func frames(pcs []uintptr) []Frame {
	n := 0
	for n < len(pcs) && pcs[n] != 0 {
		n++
	}
	if n == 0 {
		return nil
	}
	var out []Frame
	calls := runtime.CallersFrames(pcs[:n])
	for {
		f, more := calls.Next()
		if f.Function != "runtime.goexit" { // where every goroutine ends
			out = append(out, Frame{Function: f.Function, File: f.File, Line: f.Line})
		}
		if !more {
			return out
		}
	}
}

// caller returns the function that asked for the memory: the innermost one that is
// not of package memory.
func caller(stack []Frame) string {
	for _, f := range stack {
		if !strings.HasPrefix(f.Function, memoryPackage) {
			return f.Function
		}
	}
	return ""
}

const memoryPackage = "github.com/bitnet-go/bitnet/bitnet-core/memory."
