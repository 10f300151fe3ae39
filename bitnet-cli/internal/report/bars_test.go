package report

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestErrorsAreInTheRange(t *testing.T) {
	f := Bars{Categories: []string{"a"}, Series: []Series{{Values: []float64{1}, Errors: []float64{3}}}}.render(new(colours)).Figure
	var labels []string
	for _, l := range f.Labels {
		labels = append(labels, l.Text)
	}
	require.Contains(t, labels, "−2")
	require.Contains(t, labels, "4")
	require.Contains(t, f.Marks[len(f.Marks)-2].Tip, "1 ± 3")
}

func TestNamesOfRulesAreApart(t *testing.T) {
	rules := []Rule{{"a", 1}, {"b", 1.001}, {"c", 1.002}, {"nothing", math.NaN()}}
	f := Bars{Categories: []string{"a"}, Series: []Series{{Values: []float64{1}}}, Rules: rules}.render(new(colours)).Figure
	var heights []float64
	for _, l := range f.Labels {
		if l.Class == "rulename" {
			y, err := strconv.ParseFloat(l.Y, 64)
			require.NoError(t, err)
			heights = append(heights, y)
		}
	}
	require.Len(t, heights, 3)
	require.Equal(t, []string{"Not on the axis: nothing: not a number."}, f.Notes)
	require.GreaterOrEqual(t, heights[0]-heights[1], line-0.1)
	require.GreaterOrEqual(t, heights[1]-heights[2], line-0.1)

	h := Histogram{Samples: []Sample{{"s", []float64{0, 10}}}, Rules: []Rule{{"a", 1}, {"b", 1.1}, {"c", 9.9}}}
	rows := map[string]int{}
	for _, l := range h.render(new(colours)).Figure.Labels {
		if l.Class == "rulename" {
			rows[l.Y]++
		}
	}
	require.Len(t, rows, 2, "b is under a, c beside it")
}

func TestShortened(t *testing.T) {
	require.Equal(t, "blk.0", shortened("blk.0", 5))
	require.Equal(t, "model.layers.10.…proj.weight", shortened("model.layers.10.mlp.down_proj.weight", 28))
	for n := 2; n < 40; n++ {
		short := []rune(shortened("model.layers.10.mlp.down_proj.weight", n))
		require.Len(t, short, min(n, 36))
	}
}

// TestWhiskerReachesTheFoot: on a logarithmic axis an error as large as its value is cut.
func TestWhiskerReachesTheFoot(t *testing.T) {
	f := Bars{Categories: []string{"a"}, Y: Axis{Log: true}, Series: []Series{{Values: []float64{10}, Errors: []float64{20}}}}.render(new(colours)).Figure
	var d string
	for _, m := range f.Marks {
		if m.Class == "whisker" {
			d = m.D
		}
	}
	require.Regexp(t, "^M[0-9.]+ "+px(f.plot.bottom)+"L", d)
	require.Empty(t, f.Notes)
}
