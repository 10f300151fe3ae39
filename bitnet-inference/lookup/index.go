package lookup

import "slices"

// Sequences of shortest to longest tokens are indexed. One token alone says too
// little; more than four in a row find hardly anything that four do not.
const (
	shortest = 2
	longest  = 4
)

// MaxMatch is the length up to which the tokens of a match are counted.
const MaxMatch = 16

// nowhere stands for a position that does not exist.
const nowhere = -1

// A gram is n tokens in a row, the last one at the end.
type gram struct {
	n   int8
	ids [longest]int32
}

// An Index is a sequence of tokens in which the newest can be looked up. The zero
// value is an empty sequence.
type Index struct {
	ids  []int32
	last map[gram]int32 // position of the end of the last place of each gram
	// before[p][n-shortest] is where the gram of n tokens that ends at p ended
	// the time before: what last held until p came, so that p can be taken back.
	before [][longest - shortest + 1]int32
}

// Tokens returns the sequence, which stays the Index's and is valid until it
// changes.
func (x *Index) Tokens() []int32 { return x.ids }

// Len returns the number of tokens.
func (x *Index) Len() int { return len(x.ids) }

// Append adds tokens to the end.
func (x *Index) Append(ids ...int32) {
	if x.last == nil {
		x.last = make(map[gram]int32)
	}
	for _, id := range ids {
		p := int32(len(x.ids))
		var before [longest - shortest + 1]int32
		for n := shortest; n <= longest; n++ {
			before[n-shortest] = nowhere
			g, ok := x.gram(n, id)
			if !ok {
				continue
			}
			if q, seen := x.last[g]; seen {
				before[n-shortest] = q
			}
			x.last[g] = p
		}
		x.before = append(x.before, before)
		x.ids = append(x.ids, id)
	}
}

// Truncate drops all tokens from position n on. It panics if there are fewer.
func (x *Index) Truncate(n int) {
	if n < 0 || n > len(x.ids) {
		panic("lookup: Truncate position")
	}
	for len(x.ids) > n {
		p := len(x.ids) - 1
		id := x.ids[p]
		x.ids = x.ids[:p]
		for n, q := range x.before[p] {
			g, ok := x.gram(n+shortest, id)
			switch {
			case !ok:
			case q == nowhere:
				delete(x.last, g)
			default:
				x.last[g] = q
			}
		}
		x.before = x.before[:p]
	}
}

// Guess appends to dst up to most tokens that may follow next, which itself is
// about to follow the sequence but no part of it yet. match is how many tokens, next
// among them, stood in front of the guessed ones where they were found, counted up
// to [MaxMatch]: the more, the likelier the guess. It is 0 if there is no guess.
func (x *Index) Guess(dst []int32, next int32, most int) (guess []int32, match int) {
	if most <= 0 {
		return dst, 0
	}
	for n := longest; n >= shortest; n-- {
		g, ok := x.gram(n, next)
		if !ok {
			continue
		}
		at, seen := x.last[g]
		if !seen {
			continue
		}
		end := int(at)
		match = n
		for match < MaxMatch && end-match >= 0 && x.ids[end-match] == x.ids[len(x.ids)-match] {
			match++
		}
		start := len(dst)
		dst = slices.Grow(dst, most)
		for i := range most {
			switch from := end + 1 + i; {
			case from < len(x.ids):
				dst = append(dst, x.ids[from])
			case from == len(x.ids):
				dst = append(dst, next)
			default: // past next: the guess itself
				dst = append(dst, dst[start+from-len(x.ids)-1])
			}
		}
		return dst, match
	}
	return dst, 0
}

// gram returns the gram of n tokens whose last is next, after the sequence. There
// is none if the sequence is too short.
func (x *Index) gram(n int, next int32) (g gram, ok bool) {
	from := len(x.ids) - (n - 1)
	if from < 0 {
		return g, false
	}
	g.n = int8(n)
	copy(g.ids[:], x.ids[from:])
	g.ids[n-1] = next
	return g, true
}
