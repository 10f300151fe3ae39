package transformer

import (
	"math/bits"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/nn"
)

// States are sequences of one model whose memory is used again, for many texts of which a
// few are under way at a time. They hold no more than twice the positions that were ever
// taken together, and belong to one goroutine at a time.
type States struct {
	m    *Model
	busy []*State
	idle []*State // the longest unused first
	held int      // positions of all
	now  int      // positions that busy ones were taken for
	most int      // that there ever were
}

// NewStates returns none, which take no memory.
func (m *Model) NewStates() *States { return &States{m: m} }

// Take returns an empty State for that many tokens, 1 at least: the smallest idle one that
// has room, but not more than twice as much, or a new one. It stays the States'.
func (s *States) Take(tokens int) (*State, error) {
	n := s.m.positions(tokens)
	best := -1
	for i, idle := range s.idle {
		if c := idle.Cap(); c >= n && c <= 2*n && (best < 0 || c < s.idle[best].Cap()) {
			best = i
		}
	}
	var one *State
	if best >= 0 {
		one = s.idle[best]
		s.idle = slices.Delete(s.idle, best, best+1)
	} else {
		var err error
		if one, err = s.grow(n); err != nil {
			return nil, err
		}
	}
	s.busy = append(s.busy, one)
	s.now += n
	s.most = max(s.most, s.now)
	return one, nil
}

// grow returns a new State, and frees idle ones as far as they are too many or in its way.
func (s *States) grow(n int) (*State, error) {
	for {
		if s.held+n <= 2*max(s.most, s.now+n) || len(s.idle) == 0 {
			one, err := s.m.NewState(n)
			if err == nil {
				s.held += n
			}
			if err == nil || len(s.idle) == 0 {
				return one, err
			}
		}
		s.held -= s.idle[0].Cap()
		s.idle[0].Release()
		s.idle = slices.Delete(s.idle, 0, 1)
	}
}

// positions rounds a number of tokens up so that few numbers remain, by at most an eighth
// or a block of keys, whichever is more.
func (m *Model) positions(tokens int) int {
	step := max(nn.KeyBlock, 1<<bits.Len(uint(tokens))>>4)
	return max(min((tokens+step-1)/step*step, m.config.ContextLength), tokens)
}

// Positions is how many those under way were taken for, rounded up: their memory goes by
// that, also of short texts.
func (s *States) Positions() int { return s.now }

// Reset takes all States back, empty.
func (s *States) Reset() {
	for _, one := range s.busy {
		one.Truncate(0)
	}
	s.idle = append(s.idle, s.busy...)
	clear(s.busy)
	s.busy, s.now = s.busy[:0], 0
}

// Release frees all States.
func (s *States) Release() {
	s.Reset()
	for _, one := range s.idle {
		one.Release()
	}
	s.idle, s.held, s.most = nil, 0, 0
}
