package pool

import "math/bits"

// A bitmap is a set of small integers.
type bitmap []uint64

func newBitmap(n int) bitmap { return make(bitmap, (n+63)/64) }

func (b bitmap) has(i int) bool { return b[i>>6]>>(i&63)&1 != 0 }

func (b bitmap) set(i int) { b[i>>6] |= 1 << (i & 63) }

func (b bitmap) clear(i int) { b[i>>6] &^= 1 << (i & 63) }

// first returns the smallest member that is in word from or a later one, or -1.
func (b bitmap) first(from int) int {
	for w := from; w < len(b); w++ {
		if b[w] != 0 {
			return w<<6 + bits.TrailingZeros64(b[w])
		}
	}
	return -1
}

// words calls f for each word that has bits of [lo, hi), with those bits as a mask.
func (b bitmap) words(lo, hi int, f func(word *uint64, mask uint64)) {
	for lo < hi {
		end := min((lo|63)+1, hi)
		mask := ^uint64(0) >> (64 - (end - lo)) << (lo & 63)
		f(&b[lo>>6], mask)
		lo = end
	}
}

// count returns how many members are in [lo, hi).
func (b bitmap) count(lo, hi int) int {
	n := 0
	b.words(lo, hi, func(w *uint64, m uint64) { n += bits.OnesCount64(*w & m) })
	return n
}

// fill makes [lo, hi) members.
func (b bitmap) fill(lo, hi int) {
	b.words(lo, hi, func(w *uint64, m uint64) { *w |= m })
}

// wipe removes [lo, hi).
func (b bitmap) wipe(lo, hi int) {
	b.words(lo, hi, func(w *uint64, m uint64) { *w &^= m })
}

// runs calls f for the longest runs [from, to) of members, or of others, in [lo, hi).
func (b bitmap) runs(lo, hi int, members bool, f func(from, to int)) {
	for lo < hi {
		from := b.next(lo, hi, members)
		if lo = b.next(from, hi, !members); from < lo {
			f(from, lo)
		}
	}
}

// next returns the first of [lo, hi) that is a member, or is none, or else hi.
func (b bitmap) next(lo, hi int, member bool) int {
	for lo < hi {
		w := b[lo>>6]
		if !member {
			w = ^w
		}
		if w >>= lo & 63; w != 0 {
			return min(lo+bits.TrailingZeros64(w), hi)
		}
		lo = lo | 63 + 1
	}
	return hi
}
