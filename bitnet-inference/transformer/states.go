package transformer

// States are sequences of one model that are used again, for many texts of which a few
// are under way at a time. It belongs to one goroutine at a time.
type States struct {
	m    *Model
	all  []*State
	idle []*State // those that are not in use
}

// NewStates returns none, which take no memory.
func (m *Model) NewStates() *States { return &States{m: m} }

// statesStep is what sizes are multiples of, so that one State fits other texts.
const statesStep = 64

// Take returns an empty State for that many tokens, the smallest idle one that has room
// or a new one. It stays the States'.
func (s *States) Take(tokens int) (*State, error) {
	best := -1
	for i, idle := range s.idle {
		if idle.Cap() >= tokens && (best < 0 || idle.Cap() < s.idle[best].Cap()) {
			best = i
		}
	}
	if best < 0 {
		one, err := s.m.NewState(min((tokens+statesStep-1)/statesStep*statesStep, s.m.config.ContextLength))
		if err == nil {
			s.all = append(s.all, one)
		}
		return one, err
	}
	one := s.idle[best]
	s.idle[best] = s.idle[len(s.idle)-1]
	s.idle = s.idle[:len(s.idle)-1]
	return one, nil
}

// Reset takes all States back, empty.
func (s *States) Reset() {
	s.idle = append(s.idle[:0], s.all...)
	for _, one := range s.idle {
		one.Truncate(0)
	}
}

// Release frees all States.
func (s *States) Release() {
	for _, one := range s.all {
		one.Release()
	}
	s.all, s.idle = nil, nil
}
