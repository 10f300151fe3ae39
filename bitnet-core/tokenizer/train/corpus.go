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
	found []int32 // of stats, those that are not in the queue yet
	queue queue
}

type span struct {
	start  int
	length int32
}

// A stat is what is known of a pair. A token is made by one merge only, since what
// a stretch of text becomes depends on nothing around it as long as no merge
// reaches across its ends. So all places of a pair are found in the step that
// makes the later of its two tokens, and afterwards are only lost.
type stat struct {
	pair   uint64
	count  int64   // how often it occurs
	places []int32 // words that it is or was found in, nil when it is merged
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
		c.found = append(c.found, i)
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

// enqueue puts the pairs found since it last ran into the queue.
func (c *corpus) enqueue() {
	for _, i := range c.found {
		s := &c.stats[i]
		if s.count > 0 {
			c.queue.push(entry{count: s.count, pair: s.pair, stat: i})
		} else {
			s.places = nil // found and lost again
		}
	}
	c.found = c.found[:0]
}

// top takes the pair that occurs most often out of the queue.
func (c *corpus) top() (entry, bool) {
	for len(c.queue) > 0 {
		e := c.queue[0]
		if count := c.stats[e.stat].count; count != e.count {
			c.queue[0].count = count
			c.queue.down(0)
			continue
		}
		c.queue.pop()
		return e, true
	}
	return entry{}, false
}

// merge makes id of the pair of e.
func (c *corpus) merge(e entry, id int32) {
	left, right := e.sides()
	for _, w := range c.stats[e.stat].places {
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
	c.stats[e.stat].places = nil
	c.enqueue()
}
