package pressure

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A Change is what callbacks are told.
type Change struct {
	From, To Level
	Used     int64  // bytes; 0 where Source is about time
	Limit    int64  // bytes
	Source   string // what is scarce: SourceLimit and the others
	Time     time.Time

	// Sequence grows by one with each change of the same Gauge or Monitor. Changes
	// that several goroutines cause at once may reach a callback out of order: the
	// one with the largest Sequence is the newest.
	Sequence uint64
}

// A signal is a level and those who want to know when it changes.
type signal struct {
	word      atomic.Uint64 // the level in 8 bits, the sequence above
	listeners atomic.Pointer[[]*listener]
	mu        sync.Mutex // of writers of listeners
}

type listener struct{ call func(Change) }

const levelBits = 8

func (s *signal) level() Level { return Level(s.word.Load()) }

// move replaces the level seen in word, unless it has changed since.
func (s *signal) move(word uint64, to Level) (sequence uint64, ok bool) {
	sequence = word>>levelBits + 1
	return sequence, s.word.CompareAndSwap(word, sequence<<levelBits|uint64(to))
}

// tell calls the listeners one after the other. The caller holds no lock.
func (s *signal) tell(c Change) {
	if listeners := s.listeners.Load(); listeners != nil {
		for _, l := range *listeners {
			l.call(c)
		}
	}
}

func (s *signal) notify(f func(Change)) (cancel func()) {
	l := &listener{f}
	s.edit(func(all []*listener) []*listener { return append(all, l) })
	return func() {
		s.edit(func(all []*listener) []*listener {
			return slices.DeleteFunc(all, func(other *listener) bool { return other == l })
		})
	}
}

// edit replaces the list, which callers of tell may be reading, by a changed copy.
func (s *signal) edit(change func([]*listener) []*listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*listener
	if old := s.listeners.Load(); old != nil {
		all = slices.Clone(*old)
	}
	all = change(all)
	s.listeners.Store(&all)
}
