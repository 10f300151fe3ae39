package bpe

import "math"

// noRank is the rank of a pair that does not merge.
const noRank = math.MaxUint32

// shortWord is the number of symbols up to which looking for the minimum anew
// after every merge is quicker than a heap.
const shortWord = 64

// merge merges syms in place and returns what is left of them.
func (m *Model) merge(syms []int32, sc *Scratch) []int32 {
	switch {
	case len(syms) < 2:
		return syms
	case len(syms) <= shortWord:
		return m.mergeShort(syms)
	}
	return m.mergeLong(syms, sc)
}

func (m *Model) mergeShort(syms []int32) []int32 {
	var ranks [shortWord]uint32 // of the pair (i, i+1)
	var ids [shortWord]int32    // what it merges to
	n := len(syms)
	for i := 0; i+1 < n; i++ {
		ranks[i], ids[i] = m.pairs.get(syms[i], syms[i+1])
	}
	for n > 1 {
		best, at := uint32(noRank), 0
		for i, r := range ranks[:n-1] {
			if r < best {
				best, at = r, i
			}
		}
		if best == noRank {
			break
		}
		syms[at] = ids[at]
		copy(syms[at+1:n-1], syms[at+2:n])
		copy(ranks[at:n-2], ranks[at+1:n-1])
		copy(ids[at:n-2], ids[at+1:n-1])
		n--
		if at > 0 {
			ranks[at-1], ids[at-1] = m.pairs.get(syms[at-1], syms[at])
		}
		if at+1 < n {
			ranks[at], ids[at] = m.pairs.get(syms[at], syms[at+1])
		}
	}
	return syms[:n]
}

// link is a symbol of a long word: its neighbours by position and the merge
// with the right one. The first symbol of the word is never removed.
type link struct {
	prev, next int32
	rank       uint32
	id         int32
}

// mergeLong keeps the candidate pairs in a heap ordered by rank, then position.
// An entry whose pair has changed since is recognised by its rank and dropped.
func (m *Model) mergeLong(syms []int32, sc *Scratch) []int32 {
	n := int32(len(syms))
	links := sc.links[:0]
	heap := sc.heap[:0]
	for i := range n {
		l := link{prev: i - 1, next: i + 1, rank: noRank}
		if i+1 < n {
			l.rank, l.id = m.pairs.get(syms[i], syms[i+1])
		}
		if l.rank != noRank {
			heap = append(heap, uint64(l.rank)<<32|uint64(i))
		}
		links = append(links, l)
	}
	for i := len(heap)/2 - 1; i >= 0; i-- {
		siftDown(heap, i)
	}
	pair := func(i int32) { // the pair that starts at i has changed
		l := &links[i]
		l.rank = noRank
		if l.next < n {
			if l.rank, l.id = m.pairs.get(syms[i], syms[l.next]); l.rank != noRank {
				heap = append(heap, uint64(l.rank)<<32|uint64(i))
				siftUp(heap)
			}
		}
	}
	for len(heap) > 0 {
		top := heap[0]
		last := len(heap) - 1
		heap[0] = heap[last]
		heap = heap[:last]
		siftDown(heap, 0)

		at := int32(uint32(top))
		l := &links[at]
		if l.rank == noRank || l.rank != uint32(top>>32) {
			continue
		}
		gone := l.next
		syms[at] = l.id
		links[gone].rank = noRank
		l.next = links[gone].next
		if l.next < n {
			links[l.next].prev = at
		}
		if l.prev >= 0 {
			pair(l.prev)
		}
		pair(at)
	}
	out := int32(0)
	for i := int32(0); i < n; i = links[i].next {
		syms[out] = syms[i]
		out++
	}
	sc.links, sc.heap = links, heap
	return syms[:out]
}

func siftUp(h []uint64) {
	i := len(h) - 1
	for v := h[i]; i > 0; {
		up := (i - 1) / 2
		if h[up] <= v {
			break
		}
		h[i], h[up] = h[up], v
		i = up
	}
}

func siftDown(h []uint64, i int) {
	for {
		kid := 2*i + 1
		if kid >= len(h) {
			return
		}
		if kid+1 < len(h) && h[kid+1] < h[kid] {
			kid++
		}
		if h[i] <= h[kid] {
			return
		}
		h[i], h[kid] = h[kid], h[i]
		i = kid
	}
}
