package hub

import "slices"

// A span is the bytes [from, to) of a file.
type span struct{ from, to int64 }

func (s span) size() int64 { return s.to - s.from }

// ranges are the parts of a file that are there: sorted, apart from each other, not empty.
type ranges []span

// add puts a span in, whatever of it is there already.
func (r *ranges) add(s span) {
	if s.from >= s.to {
		return
	}
	list := *r
	i, _ := slices.BinarySearchFunc(list, s.from, func(e span, at int64) int {
		if e.to < at {
			return -1
		}
		return 1
	}) // the first that ends at s.from or later
	j := i
	for j < len(list) && list[j].from <= s.to {
		s.from, s.to = min(s.from, list[j].from), max(s.to, list[j].to)
		j++
	}
	*r = slices.Replace(list, i, j, s)
}

// total counts the bytes.
func (r ranges) total() (n int64) {
	for _, s := range r {
		n += s.size()
	}
	return n
}

// prefix is how many bytes are there from the beginning on.
func (r ranges) prefix() int64 {
	if len(r) > 0 && r[0].from == 0 {
		return r[0].to
	}
	return 0
}

// end is where the last one ends.
func (r ranges) end() int64 {
	if len(r) == 0 {
		return 0
	}
	return r[len(r)-1].to
}

// missing lists what [0, size) lacks.
func (r ranges) missing(size int64) ranges { return r.missingIn(span{0, size}) }

// missingIn lists what a span lacks.
func (r ranges) missingIn(s span) (gaps ranges) {
	at := s.from
	for _, e := range r {
		if e.to <= at {
			continue
		}
		if e.from >= s.to {
			break
		}
		if e.from > at {
			gaps = append(gaps, span{at, e.from})
		}
		at = e.to
	}
	if at < s.to {
		gaps = append(gaps, span{at, s.to})
	}
	return gaps
}

// within cuts off what is behind the end of a file.
func (r ranges) within(size int64) (cut ranges) {
	for _, s := range r {
		s.to = min(s.to, size)
		cut.add(s)
	}
	return cut
}
