package memory

import "sync/atomic"

// An Owner takes back the blocks of a [Span].
type Owner interface {
	// Free is called once for each life of a block, when nobody holds a reference
	// any more, by the goroutine that dropped the last one.
	Free(block int)
}

// A Sparser is an [Owner] whose blocks may be told to take memory in small pages;
// see [Buffer.Sparse].
type Sparser interface {
	Sparse(block int, part []byte)
}

// A Forgetter is an [Owner] whose bytes have another home; see [Buffer.Forget].
type Forgetter interface {
	Forget(block int, part []byte)
}

// A Span counts the references to the blocks of an allocator. It is the part of a
// Buffer's life that all allocators share: a pool has one Span for the blocks of a
// slab, a file mapping has one of a single block.
//
// A block's count carries a generation, which moves on when the block is freed.
// Buffers carry the generation they were made in, so one that was released is known
// as such for good, even when its memory serves somebody else by then.
type Span struct {
	owner  Owner
	states []state
}

// NewSpan returns a Span of unused blocks.
func NewSpan(owner Owner, blocks int) *Span {
	return &Span{owner: owner, states: make([]state, blocks)}
}

// Buffer begins a life of a block that nobody holds: it returns the first reference
// to data, which stays at its place until the owner is told of the end.
func (s *Span) Buffer(block int, data []byte) Buffer {
	generation := s.states[block].begin()
	traceBegin(s, block, len(data))
	return Buffer{span: s, data: unsafeData(data), len: len(data), life: newLife(generation, block)}
}

// Live reports whether somebody holds a block.
func (s *Span) Live(block int) bool { return s.states[block].word.Load()&countMask != 0 }

// A state counts who holds a block: handles in its lowest bits, slices of them
// above, the generation above that. A block is free when both counts are zero.
type state struct{ word atomic.Uint64 }

const (
	countBits  = 18
	oneHandle  = 1
	oneSlice   = 1 << countBits
	handleMask = oneSlice - 1
	sliceMask  = handleMask << countBits
	countMask  = handleMask | sliceMask
	generation = 1 << (2 * countBits)
)

// begin makes the first reference and returns the generation.
func (s *state) begin() uint32 {
	w := s.word.Load()
	if w&countMask != 0 {
		panic("memory: Span.Buffer of a block that is held")
	}
	storePrivate(&s.word, w+oneHandle)
	return uint32(w >> (2 * countBits))
}

// held reports whether a handle of that generation may be used.
func (s *state) held(g uint32) bool {
	w := s.word.Load()
	return uint32(w>>(2*countBits)) == g && w&handleMask != 0
}

// add counts one more handle or slice, if a handle of that generation is held.
func (s *state) add(g uint32, one uint64) bool {
	for {
		w := s.word.Load()
		if uint32(w>>(2*countBits)) != g || w&handleMask == 0 {
			return false
		}
		if w&(one*handleMask) == one*handleMask {
			panic("memory: Buffer has too many references")
		}
		if s.word.CompareAndSwap(w, w+one) {
			return true
		}
	}
}

// drop takes one handle or slice away and reports whether it was the last
// reference. It is not ok if there was none of that generation.
func (s *state) drop(g uint32, one uint64) (last, ok bool) {
	for {
		w := s.word.Load()
		if uint32(w>>(2*countBits)) != g || w&(one*handleMask) == 0 {
			return false, false
		}
		next := w - one
		if last = next&countMask == 0; last {
			next += generation // wraps after 2^28 lives
		}
		if s.word.CompareAndSwap(w, next) {
			return last, true
		}
	}
}

// seize makes the only reference, a handle of generation g, one of the next
// generation: every copy of the Buffer that had it is stale from then on. It is not ok
// if there are other references.
func (s *state) seize(g uint32) (next uint32, ok bool) {
	w := s.word.Load()
	if uint32(w>>(2*countBits)) != g || w&countMask != oneHandle || !s.word.CompareAndSwap(w, w+generation) {
		return 0, false
	}
	return uint32((w + generation) >> (2 * countBits)), true
}

// restore undoes a seize, before anybody else got the new generation.
func (s *state) restore() { s.word.Add(^uint64(generation - 1)) }
