package transformer

import "github.com/bitnet-go/bitnet/bitnet-core/nn"

// ropes are the angles of positions, which all sequences of a model share.
type ropes struct {
	positions int
	full      *nn.Rope
	slide     *nn.Rope // of layers with a sliding window, if there are any
}

// ropesFor returns the angles of that many positions at least. They are kept for the next
// sequence, and at least doubled when they are too few, so that sequences of rising
// lengths do not compute them each time.
func (m *Model) ropesFor(positions int) *ropes {
	r := m.ropes.Load()
	if r != nil && r.positions >= positions {
		return r
	}
	if r != nil {
		positions = max(positions, min(2*r.positions, m.config.ContextLength))
	}
	c := &m.config
	r = &ropes{positions: positions, full: nn.NewRope(c.HeadDim, positions, c.RopeTheta, c.RopeAdjacent)}
	if c.Sliding != nil {
		r.slide = nn.NewRope(c.HeadDim, positions, c.SlidingTheta, c.RopeAdjacent)
	}
	m.ropes.Store(r)
	return r
}
