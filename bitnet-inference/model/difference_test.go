package model

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDifferences(t *testing.T) {
	a := Config{HeadDim: 16, Layers: 2, RopeTheta: 1e4}
	b := a
	// The same in other words.
	b.QueryScale, b.EmbedScale, b.Sliding, b.SlidingTheta = 0.25, 1, []bool{false, false}, 5
	b.Architecture, b.RopeAdjacent = "llama", true
	require.Empty(t, a.Differences(&b))
	b.QueryScale, b.Window, b.Sliding[1] = 0.5, 8, true
	require.Equal(t, []Difference{
		{"query scale", "0.25", "0.5"},
		{"layers with a sliding window", "[]", "[1]"},
	}, a.Differences(&b))
}
