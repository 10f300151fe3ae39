package bpe

import "math/rand/v2"

// pairs maps two neighbouring symbols to their merge: an open-addressing table
// of two words an entry. Its hash multiplies by a random odd number, so that no
// file can be made whose pairs collide.
type pairs struct {
	slots []pair
	shift uint
	mul   uint64
	count int
}

// pair is an entry; key 0 is free.
type pair struct {
	key  uint64 // left+1 in the high half, right+1 in the low half
	rank uint32
	id   int32 // of the merged symbol
}

func pairKey(left, right int32) uint64 {
	return uint64(uint32(left+1))<<32 | uint64(uint32(right+1))
}

// newPairs returns a table with room for n pairs.
func newPairs(n int) *pairs {
	p := &pairs{shift: 64 - 6, mul: rand.Uint64() | 1}
	for size := 64; size*5 < n*8; size *= 2 {
		p.shift--
	}
	p.slots = make([]pair, 1<<(64-p.shift))
	return p
}

// get returns the merge of left and right, or noRank.
func (p *pairs) get(left, right int32) (rank uint32, id int32) {
	key := pairKey(left, right)
	mask := uint64(len(p.slots) - 1)
	for i := key * p.mul >> p.shift; ; i++ {
		switch s := &p.slots[i&mask]; s.key {
		case key:
			return s.rank, s.id
		case 0:
			return noRank, None
		}
	}
}

// put enters a merge. If the pair is there already, replace decides.
func (p *pairs) put(left, right int32, rank uint32, id int32, replace bool) {
	if p.count*8 >= len(p.slots)*5 {
		old := p.slots
		p.shift--
		p.slots = make([]pair, 2*len(old))
		for _, s := range old {
			if s.key != 0 {
				*p.find(s.key) = s
			}
		}
	}
	key := pairKey(left, right)
	s := p.find(key)
	if s.key == 0 {
		p.count++
	} else if !replace {
		return
	}
	*s = pair{key, rank, id}
}

// find returns the entry of key or the free one where it belongs.
func (p *pairs) find(key uint64) *pair {
	mask := uint64(len(p.slots) - 1)
	for i := key * p.mul >> p.shift; ; i++ {
		if s := &p.slots[i&mask]; s.key == key || s.key == 0 {
			return s
		}
	}
}
