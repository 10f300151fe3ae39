package train

import (
	"context"
)

// none is no id.
const none = -1

// A corpus is the distinct words as sequences of ids, and where the pairs of
// neighbours in them are. A pair is its left id above its right id.
type corpus struct {
	symbols []int32 // of all words; a word shrinks where it is
	words   []span  // into symbols
	counts  []int64 // by word

	index map[uint64]int32 // of stats, by pair
	stats []stat
	grown []int32 // of stats, those with places that are not in the queue yet

	queue queue
	lists [][]int32 // the places of queue entries, nil when merged
	step  int32
}

type span struct {
	start  int
	length int32
}

// A stat is what is known of a pair.
type stat struct {
	pair   uint64
	count  int64   // how often it occurs, by last account
	places []int32 // words that it is found in and the queue does not know of
}

func newCorpus(ctx context.Context, words *table, byteIDs *[256]int32) (*corpus, error) {
	size := 0
	for _, word := range words.texts {
		size += len(word)
	}
	c := &corpus{
		symbols: make([]int32, 0, size),
		words:   make([]span, len(words.texts)),
		counts:  words.counts,
		index:   map[uint64]int32{},
	}
	for w, word := range words.texts {
		if w%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		start := len(c.symbols)
		for _, b := range []byte(word) {
			id := byteIDs[b]
			if id == none {
				continue
			}
			if n := len(c.symbols); n > start {
				c.gain(c.symbols[n-1], id, int32(w))
			}
			c.symbols = append(c.symbols, id)
		}
		c.words[w] = span{start, int32(len(c.symbols) - start)}
	}
	c.enqueue()
	return c, nil
}

func pairOf(left, right int32) uint64 { return uint64(left)<<32 | uint64(right) }

// of returns the stat of a pair, which is valid until the next call.
func (c *corpus) of(pair uint64) (*stat, int32) {
	i, ok := c.index[pair]
	if !ok {
		i = int32(len(c.stats))
		c.index[pair] = i
		c.stats = append(c.stats, stat{pair: pair})
	}
	return &c.stats[i], i
}

// gain counts a pair that is found in a word.
func (c *corpus) gain(left, right, word int32) {
	s, i := c.of(pairOf(left, right))
	s.count += c.counts[word]
	if len(s.places) == 0 {
		c.grown = append(c.grown, i)
	}
	if n := len(s.places); n == 0 || s.places[n-1] != word { // words come one after the other
		s.places = append(s.places, word)
	}
}

// lose counts a pair that a word holds no more.
func (c *corpus) lose(left, right, word int32) {
	s, _ := c.of(pairOf(left, right))
	s.count -= c.counts[word]
}

// enqueue puts the places found since it last ran into the queue.
func (c *corpus) enqueue() {
	for _, i := range c.grown {
		s := &c.stats[i]
		if s.count > 0 {
			c.queue.push(entry{count: s.count, pair: s.pair, step: c.step, list: int32(len(c.lists))})
			c.lists = append(c.lists, s.places)
		}
		s.places = nil
	}
	c.grown = c.grown[:0]
	c.step++
}

// top takes the pair that occurs most often out of the queue.
func (c *corpus) top() (entry, bool) {
	for len(c.queue) > 0 {
		e := c.queue[0]
		if s := &c.stats[c.index[e.pair]]; s.count != e.count {
			c.queue[0].count = s.count
			c.queue.down(0)
			continue
		}
		c.queue.pop()
		return e, true
	}
	return entry{}, false
}

// merge makes id of the pair of e in the words of e. The pair keeps its count:
// another entry of it merges its own words for no less.
func (c *corpus) merge(e entry, id int32) {
	left, right := e.sides()
	for _, w := range c.lists[e.list] {
		at := &c.words[w]
		word := c.symbols[at.start : at.start+int(at.length)]
		n := 0 // symbols of the word as it becomes
		for i := 0; i < len(word); i++ {
			if word[i] != left || i+1 == len(word) || word[i+1] != right {
				word[n] = word[i]
				n++
				continue
			}
			i++
			if n > 0 {
				c.lose(word[n-1], left, w)
				c.gain(word[n-1], id, w)
			}
			if i+1 < len(word) {
				c.lose(right, word[i+1], w)
				c.gain(id, word[i+1], w)
			}
			word[n] = id
			n++
		}
		at.length = int32(n)
	}
	c.lists[e.list] = nil
	c.enqueue()
}
