package reclaim

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
)

// TestPlans: what strategies choose in a pool with regions of age 0, 1, 4 and 9, the
// last in use.
func TestPlans(t *testing.T) {
	s := State{Epoch: 10, Usage: memory.Usage{Committed: 900, Limit: 1000}, Regions: []pool.RegionInfo{
		{ID: 1, Touched: 10},
		{ID: 2, Touched: 9},
		{ID: 3, Touched: 6},
		{ID: 4, Touched: 1, Used: 1},
		{ID: 5, Touched: 11}, // an epoch began meanwhile
	}}
	type step struct {
		action Action
		ids    []uint64
	}
	all := []uint64{1, 2, 3, 4, 5}
	for _, c := range []struct {
		strategy Strategy
		want     int64
		steps    []step
	}{
		{All{}, 0, []step{{Flush, all}, {Compact, all}, {Trim, all}}},
		{Idle{}, 0, []step{{Compact, []uint64{2, 3, 4}}, {Trim, []uint64{2, 3, 4}}}},
		{Idle{Age: 5}, 0, []step{{Compact, []uint64{4}}, {Trim, []uint64{4}}}},
		{Generational{}, 0, []step{{Flush, all}, {Trim, []uint64{2, 3}}, {Compact, []uint64{3, 4}}, {Trim, []uint64{3, 4}}}},
		{Generational{Young: 2, Old: 9}, 0, []step{{Flush, all}, {Trim, []uint64{3}}, {Compact, []uint64{4}}, {Trim, []uint64{4}}}},
		{Pressure{}, 150, []step{{Trim, []uint64{2, 3, 4}}, {Trim, all}, {Flush, all}, {Trim, all}, {Compact, all}, {Trim, all}}},
		{Pressure{Share: 0.95}, 0, nil},
		{Pressure{Bytes: 900}, 0, nil},
		{Pressure{Bytes: 899, Share: 1}, 1, []step{{Trim, []uint64{2, 3, 4}}, {Trim, all}, {Flush, all}, {Trim, all}, {Compact, all}, {Trim, all}}},
	} {
		plan, err := c.strategy.Choose(s)
		require.NoError(t, err)
		require.Equal(t, c.want, plan.Want)
		var steps []step
		for _, one := range plan.Steps {
			var ids []uint64
			for _, r := range s.Regions {
				if one.Regions == nil || one.Regions(r) {
					ids = append(ids, r.ID)
				}
			}
			steps = append(steps, step{one.Action, ids})
		}
		require.Equal(t, c.steps, steps, "%T %+v", c.strategy, c.strategy)
	}
	for _, bad := range []Strategy{
		Generational{Young: 5, Old: 2},
		Pressure{Bytes: -1},
		Pressure{Share: -1},
		Pressure{Share: 1.5},
		Pressure{Share: math.NaN()},
	} {
		_, err := bad.Choose(s)
		require.Error(t, err, "%+v", bad)
	}
	_, err := Pressure{}.Choose(State{})
	require.ErrorContains(t, err, "no limit")
}

func TestAction(t *testing.T) {
	for a := Trim; a <= Compact; a++ {
		text, err := a.MarshalText()
		require.NoError(t, err)
		var back Action
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, a, back)
	}
	var a Action
	require.Error(t, a.UnmarshalText([]byte("melt")))
	require.Equal(t, "action 9", Action(9).String())
	_, err := step(t.Context(), &real{}, Step{Action: 9}, 0)
	require.ErrorContains(t, err, "action 9")
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1 << 10: "1 KiB", 3 << 19: "1.5 MiB", 5 << 29: "2.50 GiB", -2 << 20: "-2.0 MiB"} {
		require.Equal(t, want, size(n))
	}
}
