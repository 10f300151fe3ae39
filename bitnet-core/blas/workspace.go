package blas

import (
	"fmt"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
)

// A Workspace computes products on the threads of a pool, in room that it owns. It
// serves one call at a time. Whoever called [New] calls Close.
type Workspace struct {
	pool   *parallel.Pool
	buffer memory.Buffer
	whole  product   // one product on all threads
	lanes  []product // products side by side, each on one thread
	vector vectorProduct
	batch  batch

	ints      intProduct
	words     wordProduct
	intVector intVectorProduct

	// The bodies of loops, made once as making one allocates.
	pack, multiply, scale, dots, sums func(lo, hi int)
	packInts, multiplyInts, dotInts   func(lo, hi int)
	packWords, multiplyWords, strips  func(lo, hi int)
	lane                              func(i int)
}

// New returns a Workspace on the threads of p, which must stay open while it is used,
// with about 6 MiB from a, more for pools of more than 64 threads. Nil for p is one
// thread.
func New(p *parallel.Pool, a memory.Allocator) (*Workspace, error) {
	if p == nil {
		p = parallel.New(1) // has no workers, so nothing to close
	}
	// Lanes have at least a tile each.
	threads := p.Threads()
	rows, cols := max(blockRows, threads*maxRows), max(blockCols, threads*maxCols)
	buffer, err := a.Alloc(4*(rows*panelDown+cols*depth), 64)
	if err != nil {
		return nil, fmt.Errorf("blas: room for blocks of operands: %w", err)
	}
	w := &Workspace{pool: p, buffer: buffer}
	bytes := buffer.Bytes()
	room := unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(bytes))), len(bytes)/4)
	w.whole.take(room, rows, cols)
	words := unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(bytes))), len(bytes)/4)
	w.words.roomA, w.words.roomB = words[:rows*panelDown], words[rows*panelDown:][:cols*depth]
	w.ints.room = unsafe.Slice((*int64)(unsafe.Pointer(unsafe.SliceData(bytes))), cols*depth/2)
	laneRows, laneCols := rows/threads/maxRows*maxRows, cols/threads/maxCols*maxCols
	for i := range threads {
		var lane product
		lane.take(room[i*(laneRows*panelDown+laneCols*depth):], laneRows, laneCols)
		w.lanes = append(w.lanes, lane)
	}
	w.pack, w.multiply, w.scale = w.whole.pack, w.whole.multiply, w.whole.scale
	w.dots, w.sums = w.vector.dots, w.vector.sums
	w.strips = w.whole.strips
	w.packWords, w.multiplyWords, w.dotInts = w.words.pack, w.words.multiply, w.intVector.dots
	w.packInts, w.multiplyInts = w.ints.pack, w.ints.multiply
	w.lane = w.runLane
	return w, nil
}

// check panics if w is not one of [New].
func (w *Workspace) check() {
	if w == nil || w.pool == nil {
		panic("blas: a Workspace that New has not made")
	}
}

// Close releases the room. The pool stays open.
func (w *Workspace) Close() {
	w.buffer.Release()
	*w = Workspace{}
}
