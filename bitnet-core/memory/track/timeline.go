package track

import (
	"slices"
	"time"
	"unsafe"
)

// An Event is the beginning or the end of a buffer.
type Event struct {
	Time   time.Duration `json:"time"` // since the tracker was made
	Free   bool          `json:"free"` // the end
	ID     uint64        `json:"id"`   // the same at the beginning and at the end of one buffer
	Addr   uintptr       `json:"addr"` // of its first byte
	Bytes  int64         `json:"bytes"`
	Device string        `json:"device"`
	Tag    string        `json:"tag"`
	Age    time.Duration `json:"age"`  // at the end: since the beginning
	Site   string        `json:"site"` // function that allocated it
}

// A moment is an Event as a ring keeps it.
type moment struct {
	time, birth int64
	id          uint64
	addr        uintptr
	bytes       int64
	row, site   uint32
	free        bool
}

// A ring keeps the newest moments of a shard. It takes its memory at the first one.
type ring struct {
	moments []moment
	next    int
	full    bool
}

func (q *ring) put(r *record, now int64, free bool, capacity int) {
	if q.moments == nil {
		q.moments = make([]moment, capacity)
	}
	q.moments[q.next] = moment{
		time: now, birth: r.birth, id: r.id, addr: r.addr(), bytes: int64(r.inner.Len()),
		row: r.row, site: r.site, free: free,
	}
	if q.next++; q.next == len(q.moments) {
		q.next, q.full = 0, true
	}
}

// addr returns where the buffer lies.
func (r *record) addr() uintptr {
	return uintptr(unsafe.Pointer(unsafe.SliceData(r.inner.Bytes())))
}

// oldest returns the time from which on no moment is missing.
func (q *ring) oldest() int64 {
	if !q.full {
		return 0
	}
	return q.moments[q.next].time
}

// kept returns the moments in the order they came.
func (q *ring) kept() []moment {
	if q.full {
		return slices.Concat(q.moments[q.next:], q.moments[:q.next])
	}
	return q.moments[:q.next]
}

// Events returns the newest events in order, without a gap: all since some moment,
// and at least as many as [Options] ask for once there were so many. Levels below
// Detailed keep none.
func (t *Tracker) Events() []Event {
	t.lockAll()
	defer t.unlockAll()
	return t.events()
}

// events wants all locks.
func (t *Tracker) events() []Event {
	var from int64
	for _, s := range t.shards {
		from = max(from, s.timeline.oldest())
	}
	var events []Event
	for _, s := range t.shards {
		callers := map[uint32]string{}
		for _, m := range s.timeline.kept() {
			if m.time < from {
				continue
			}
			name, ok := callers[m.site]
			if !ok {
				name = caller(frames(s.sites.sites[m.site].stack[:]))
				callers[m.site] = name
			}
			e := Event{
				Time: time.Duration(m.time), Free: m.free, ID: m.id, Addr: m.addr, Bytes: m.bytes,
				Device: t.accounts[m.row].device, Tag: t.accounts[m.row].tag, Site: name,
			}
			if m.free {
				e.Age = time.Duration(m.time - m.birth)
			}
			events = append(events, e)
		}
	}
	slices.SortStableFunc(events, compareTimes)
	return events
}
