package train

// An entry is a pair that waits to be merged.
type entry struct {
	count int64  // when it was put in or last corrected
	pair  uint64 // left id above right id
	stat  int32  // its index in corpus.stats
}

func (e entry) sides() (left, right int32) { return int32(e.pair >> 32), int32(e.pair) }

// before is the order of merges. No two entries are equal, so the order in which
// words were counted does not show.
func (e entry) before(o entry) bool {
	if e.count != o.count {
		return e.count > o.count
	}
	return e.pair < o.pair
}

// A queue is a heap: the children of i are at 2i+1 and 2i+2, and come after it.
type queue []entry

func (q *queue) push(e entry) {
	h := append(*q, e)
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !e.before(h[parent]) {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = e
	*q = h
}

// pop removes the first entry, which is at 0.
func (q *queue) pop() {
	h := *q
	last := len(h) - 1
	h[0] = h[last]
	*q = h[:last]
	q.down(0)
}

// down moves the entry at i behind those that come before it.
func (q queue) down(i int) {
	if i >= len(q) {
		return
	}
	e := q[i]
	for {
		child := 2*i + 1
		if child >= len(q) {
			break
		}
		if child+1 < len(q) && q[child+1].before(q[child]) {
			child++
		}
		if !q[child].before(e) {
			break
		}
		q[i] = q[child]
		i = child
	}
	q[i] = e
}
