package checkpoint

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRotation: one order of rows is the other's inverse.
func TestRotation(t *testing.T) {
	const d = 8
	toAdjacent, toHalves := Turn(false, true), Turn(true, false)
	for r := range 3 * d {
		require.Equal(t, r, toHalves.Row(toAdjacent.Row(r, d), d))
		require.Equal(t, r, Turn(true, true).Row(r, d))
	}
	require.Equal(t, []int{8, 12, 9, 13}, []int{toAdjacent.Row(8, d), toAdjacent.Row(9, d), toAdjacent.Row(10, d), toAdjacent.Row(11, d)})
}
