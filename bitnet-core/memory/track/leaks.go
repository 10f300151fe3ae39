package track

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Leak is a buffer that has not been released.
type Leak struct {
	ID     uint64        `json:"id"`
	Bytes  int64         `json:"bytes"`
	Device string        `json:"device"`
	Tag    string        `json:"tag"`
	Age    time.Duration `json:"age"`   // from level Standard on
	Stack  []Frame       `json:"stack"` // at level Detailed: what allocated it
}

// Leaks returns the buffers that are live, the oldest first; at level Basic, which
// keeps no ages, the largest.
func (t *Tracker) Leaks() []Leak {
	t.lockAll()
	defer t.unlockAll()
	return t.leaks(t.now())
}

// leaks wants all locks.
func (t *Tracker) leaks(now int64) []Leak {
	var leaks []Leak
	for _, s := range t.shards {
		stacks := map[uint32][]Frame{}
		s.eachLive(func(r *record) {
			l := Leak{
				ID: r.id, Bytes: int64(r.inner.Len()),
				Device: t.accounts[r.row].device, Tag: t.accounts[r.row].tag,
			}
			if t.options.Level >= Standard {
				l.Age = time.Duration(now - r.birth)
			}
			if t.options.Level == Detailed {
				if _, ok := stacks[r.site]; !ok {
					stacks[r.site] = frames(s.sites.sites[r.site].stack[:])
				}
				l.Stack = stacks[r.site]
			}
			leaks = append(leaks, l)
		})
	}
	slices.SortFunc(leaks, func(a, b Leak) int {
		return cmp.Or(-cmp.Compare(a.Age, b.Age), -cmp.Compare(a.Bytes, b.Bytes), cmp.Compare(a.ID, b.ID))
	})
	return leaks
}

// Close returns a [*LeakError] if buffers are live. It ends nothing: they may be
// released later, and Close may be asked again.
func (t *Tracker) Close() error {
	leaks := t.Leaks()
	if len(leaks) == 0 {
		return nil
	}
	e := &LeakError{Leaks: leaks}
	for _, l := range leaks {
		e.Bytes += l.Bytes
	}
	return e
}

// A LeakError lists buffers that were not released.
type LeakError struct {
	Bytes int64
	Leaks []Leak // as [Tracker.Leaks] returns them
}

// leakGroups is how many tags and stacks an error describes.
const leakGroups = 5

// Error describes the leaks by tag and stack, those of most bytes first.
func (e *LeakError) Error() string {
	type key struct{ device, tag, stack string }
	type group struct {
		key
		bytes, count int64
		age          time.Duration
	}
	groups := map[key]*group{}
	var order []*group
	for _, l := range e.Leaks {
		k := key{l.Device, l.Tag, stackText(l.Stack, 4)}
		g := groups[k]
		if g == nil {
			g = &group{key: k}
			groups[k] = g
			order = append(order, g)
		}
		g.bytes += l.Bytes
		g.count++
		g.age = max(g.age, l.Age)
	}
	slices.SortStableFunc(order, func(a, b *group) int { return -cmp.Compare(a.bytes, b.bytes) })
	var text strings.Builder
	fmt.Fprintf(&text, "track: %s of %s never released", buffers(int64(len(e.Leaks))), byteText(e.Bytes))
	for i, g := range order {
		if i == leakGroups {
			fmt.Fprintf(&text, "\n  and more, from %d other places", len(order)-leakGroups)
			break
		}
		fmt.Fprintf(&text, "\n  %s of %s, %s on %s", buffers(g.count), byteText(g.bytes), tagText(g.tag), g.device)
		if g.age > 0 {
			fmt.Fprintf(&text, ", the oldest allocated %s ago", durationText(g.age))
		}
		if g.stack != "" {
			fmt.Fprintf(&text, "\n    %s", g.stack)
		}
	}
	return text.String()
}
