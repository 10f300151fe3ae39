package reclaim

import (
	"context"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
)

// A Pool is what memory is reclaimed from; [*pool.Pool] is one.
type Pool interface {
	Usage() memory.Usage
	Regions() []pool.RegionInfo
	// Flush makes free granules of the blocks that caches hold.
	Flush()
	// Trim returns up to most bytes of free memory of the chosen regions.
	Trim(most int64, choose func(pool.RegionInfo) bool, dry bool) pool.Trimmed
	// CompactRegions moves buffers that nobody uses out of the chosen regions.
	CompactRegions(ctx context.Context, choose func(pool.RegionInfo) bool, dry bool) (pool.Moved, error)
}

// A Clock is a [Pool] with epochs. Without one all regions are of age 0.
type Clock interface {
	Epoch() uint64
	Advance() uint64
}

// A Forecaster is a [Pool] that knows what flushing and compaction would leave. Without
// one a dry run counts only what is free already.
type Forecaster interface {
	Forecast(ctx context.Context, choose func(pool.RegionInfo) bool, compact bool) ([]pool.RegionInfo, pool.Moved, error)
}

// A State is what a [Strategy] decides by.
type State struct {
	Usage   memory.Usage
	Epoch   uint64
	Regions []pool.RegionInfo
}

// Age returns for how many epochs a region has not been touched.
func (s State) Age(r pool.RegionInfo) uint64 {
	if r.Touched >= s.Epoch {
		return 0
	}
	return s.Epoch - r.Touched
}

// A Strategy decides what to reclaim. A [Pool] that is one decides for itself.
type Strategy interface {
	// Name is for reports: a word.
	Name() string
	// Choose returns what to do. An error says why nothing can be done.
	Choose(State) (Plan, error)
}

// A Plan is a sequence of steps, taken until enough bytes are returned.
type Plan struct {
	Want  int64 // bytes to return; 0 for all that the steps find
	Steps []Step
}

// A Step is one thing to do.
type Step struct {
	Action Action
	// Regions picks those that are trimmed, or that buffers leave; nil is all of them.
	// It sees them as they are when the step begins, and is called with the pool's lock
	// held: it must not use the pool.
	Regions func(pool.RegionInfo) bool
}

// An Action is what a [Step] does.
type Action uint8

// The actions; see the package documentation.
const (
	Trim Action = iota
	Flush
	Compact
)

var actionNames = [...]string{"trim", "flush", "compact"}

func (a Action) String() string {
	if int(a) < len(actionNames) {
		return actionNames[a]
	}
	return fmt.Sprintf("action %d", uint8(a))
}

// MarshalText implements [encoding.TextMarshaler].
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (a *Action) UnmarshalText(text []byte) error {
	for i, name := range actionNames {
		if name == string(text) {
			*a = Action(i)
			return nil
		}
	}
	return fmt.Errorf("reclaim: %q is no action, want trim, flush or compact", text)
}
