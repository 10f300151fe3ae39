package track

import "github.com/bitnet-go/bitnet/bitnet-core/memory"

// AllocMovable implements [memory.MovableAllocator]: what the inner allocator can move
// it moves, and the account stays the same.
func (t *Tracker) AllocMovable(n, align int) (memory.Movable, error) {
	return t.root.AllocMovable(n, align)
}

func (v *view) AllocMovable(n, align int) (memory.Movable, error) {
	m, err := memory.AllocMovable(v.inner, n, align)
	if err != nil {
		_, err = v.track(memory.Buffer{}, err)
		return nil, err
	}
	if v.tracker.options.Level == None {
		return m, nil
	}
	// What is accounted for is a buffer that nobody reads: it says how many bytes there
	// are, and where they were first, and its release is the memory's.
	data := m.Pin()
	defer m.Unpin()
	held, err := v.track(memory.NewBuffer(data, m.Release), nil)
	return movable{m, held}, err
}

// A movable is memory whose release its account is told of.
type movable struct {
	memory.Movable
	held memory.Buffer
}

func (m movable) Release() { m.held.Release() }
