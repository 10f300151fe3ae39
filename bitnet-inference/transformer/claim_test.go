package transformer

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestClaim: every task is claimed once, whoever takes part, and each
// slot begins with its own share.
func TestClaim(t *testing.T) {
	for _, tasks := range []int{1, 2, 7, 80} {
		for slots := 1; slots <= min(tasks, 5); slots++ {
			a := attention{tasks: tasks, shares: make([]share, slots)}
			a.divide()
			for slot := range slots {
				task, ok := a.claim(slot)
				require.True(t, ok)
				require.Equal(t, slot*tasks/slots, task)
			}
			for takers := 1; takers <= slots; takers++ {
				a := attention{tasks: tasks, shares: make([]share, slots)}
				a.divide()
				claimed := make([]atomic.Int32, tasks)
				var group sync.WaitGroup
				for taker := range takers {
					group.Go(func() {
						for {
							task, ok := a.claim(taker)
							if !ok {
								return
							}
							claimed[task].Add(1)
						}
					})
				}
				group.Wait()
				for i := range claimed {
					require.EqualValues(t, 1, claimed[i].Load(), "task %d of %d, %d slots", i, tasks, slots)
				}
			}
		}
	}
}
