package report

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// In every column of pixels the line still goes from the lowest to the highest, through
// points it had, in their order.
func TestThin(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		n := 1 + random.IntN(400)
		var points []point
		for i := range n {
			points = append(points, point{float64(i) * 10 / float64(n), float64(random.IntN(20))})
		}
		kept := thin(points)
		at := 0
		for _, p := range kept {
			next := slices.Index(points[at:], p)
			require.GreaterOrEqual(t, next, 0)
			at += next + 1
		}
		byHeight := func(a, b point) int { return cmp.Compare(a.y, b.y) }
		for column := range columnsOf(points) {
			var rest []point
			for _, p := range kept {
				if int(p.x) == int(column[0].x) {
					rest = append(rest, p)
				}
			}
			require.LessOrEqual(t, len(rest), 2)
			require.Equal(t, slices.MinFunc(column, byHeight).y, slices.MinFunc(rest, byHeight).y)
			require.Equal(t, slices.MaxFunc(column, byHeight).y, slices.MaxFunc(rest, byHeight).y)
		}
	}
}

func TestASpikeStays(t *testing.T) {
	y := make([]float64, 1<<20)
	y[777_777] = 1
	f := Lines{Series: []Line{{Name: "s", Y: y}}}.render(new(colours)).Figure
	var d, tips string
	for _, m := range f.Marks {
		if strings.HasSuffix(m.Class, " l") {
			d = m.D
		}
		tips += m.Tip
	}
	require.Contains(t, d, " "+px(f.plot.top)+" ", "the line reaches the top")
	require.Contains(t, tips, "s: 0 to 1")
	require.Less(t, len(d), 32<<10)
}

func TestAPointBetweenGapsIsSeen(t *testing.T) {
	line := Line{Y: []float64{1, 0, 2, 0, 3, 4}}
	f := Lines{Y: Axis{Log: true}, Series: []Line{line}}.render(new(colours)).Figure
	dots, lines := 0, 0
	for _, m := range f.Marks {
		if strings.HasSuffix(m.Class, " p") {
			dots += strings.Count(m.D, "h0")
		}
		if strings.HasSuffix(m.Class, " l") {
			lines += strings.Count(m.D, "L")
		}
	}
	require.Equal(t, 2, dots)
	require.Equal(t, 1, lines)
}

func TestOutline(t *testing.T) {
	low := []point{{1, 60}, {1.5, 80}, {1.8, 70}, {2, 50}}
	high := []point{{1, 30}, {1.5, 20}, {1.8, 10}, {2, 40}}
	require.Equal(t, "M1.5 80L2 50 2 40 1.8 10Z", outline(low, high), "of each column what is farthest out")
}
