package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestColours(t *testing.T) {
	var c colours
	require.Equal(t, []string{"s0", "s1"}, c.classes([]string{"a", "b"}))
	require.Equal(t, []string{"t0", "t1", "t2", "s1"}, c.classes([]string{"−1", "0", "+1", "b"}), "a name keeps its colour")
	require.Equal(t, []string{"s2", "s3", "s4", "s5", "s6", "s0"}, c.classes([]string{"c", "d", "e", "f", "g", "h"}))
	require.Equal(t, []string{"s0", "s1"}, c.classes([]string{"a", "h"}), "two that had the same, in one figure")
	require.Equal(t, []string{"s0"}, c.classes([]string{"h"}))
}

func TestColoursOfAFigureDiffer(t *testing.T) {
	var c colours
	names := strings.Split("abcdefghijklmnopqrstu", "")
	require.Len(t, names, hues*dashes)
	classes := c.classes(names)
	slices.Sort(classes)
	require.Len(t, slices.Compact(classes), hues*dashes)
	require.Len(t, c.classes(append(names, "one more")), hues*dashes+1)
}
