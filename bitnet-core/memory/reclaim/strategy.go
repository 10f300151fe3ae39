package reclaim

import (
	"errors"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
)

// All returns all free memory, that of magazines and slabs included.
type All struct{}

// Name implements [Strategy].
func (All) Name() string { return "all" }

// Choose implements [Strategy].
func (All) Choose(State) (Plan, error) {
	// Compaction flushes, too: whoever does not compact needs the first step.
	return Plan{Steps: []Step{{Action: Flush}, {Action: Compact}, {Action: Trim}}}, nil
}

// Idle returns the free memory of regions in which nothing was allocated or released
// for some time. It leaves magazines alone, unless it may move buffers.
type Idle struct {
	Age uint64 // epochs; 1 if 0
}

// Name implements [Strategy].
func (Idle) Name() string { return "idle" }

// Choose implements [Strategy].
func (i Idle) Choose(s State) (Plan, error) {
	idle := s.aged(max(i.Age, 1))
	return Plan{Steps: []Step{{Compact, idle}, {Trim, idle}}}, nil
}

// Generational tells regions by how long nothing was allocated or released in them.
// What is young will be wanted soon: it stays warm, and moving its buffers would be
// vain because they will not live long. Regions in between go if nobody uses them. Old
// ones give back all that is free, and their buffers, which have proved to last, move
// together.
type Generational struct {
	Young uint64 // epochs at which a region is young no more; 1 if 0
	Old   uint64 // epochs at which it is old; 4 times Young if 0
}

// Name implements [Strategy].
func (Generational) Name() string { return "generational" }

// Choose implements [Strategy].
func (g Generational) Choose(s State) (Plan, error) {
	young := max(g.Young, 1)
	old := g.Old
	if old == 0 {
		old = 4 * young
	}
	if old < young {
		return Plan{}, fmt.Errorf("reclaim: regions would be old at %d epochs and young until %d", old, young)
	}
	grown, aged := s.aged(young), s.aged(old)
	unused := func(r pool.RegionInfo) bool { return r.Used == 0 && grown(r) }
	return Plan{Steps: []Step{{Action: Flush}, {Trim, unused}, {Compact, aged}, {Trim, aged}}}, nil
}

// Pressure returns what brings the committed bytes down to a target, the cheapest
// first: free granules of regions that were not touched in this epoch, those of others,
// then what magazines and empty slabs hold, then what moving buffers makes free.
type Pressure struct {
	Share float64 // of the pool's limit, in (0, 1]; 0.75 if 0
	Bytes int64   // the target itself, if not 0
}

// Name implements [Strategy].
func (Pressure) Name() string { return "pressure" }

// Choose implements [Strategy].
func (p Pressure) Choose(s State) (Plan, error) {
	target := p.Bytes
	switch {
	case p.Bytes < 0 || !(p.Share >= 0 && p.Share <= 1):
		return Plan{}, fmt.Errorf("reclaim: a target of %d bytes or %g of the limit", p.Bytes, p.Share)
	case target == 0 && s.Usage.Limit == 0:
		return Plan{}, errors.New("reclaim: the pool has no limit to keep a share of: give Pressure.Bytes")
	case target == 0 && p.Share == 0:
		target = s.Usage.Limit / 4 * 3
	case target == 0:
		target = int64(p.Share * float64(s.Usage.Limit))
	}
	want := s.Usage.Committed - target
	if want <= 0 {
		return Plan{}, nil
	}
	return Plan{Want: want, Steps: []Step{
		{Trim, s.aged(1)},
		{Action: Trim},
		{Action: Flush},
		{Action: Trim},
		{Action: Compact},
		{Action: Trim},
	}}, nil
}

// aged picks the regions that have not been touched for some epochs, as they are now:
// what a run itself does to them makes them no younger.
func (s State) aged(age uint64) func(pool.RegionInfo) bool {
	ids := map[uint64]bool{}
	for _, r := range s.Regions {
		if s.Age(r) >= age {
			ids[r.ID] = true
		}
	}
	return func(r pool.RegionInfo) bool { return ids[r.ID] }
}
