package report

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPointBetweenGapsIsSeen(t *testing.T) {
	line := Line{X: []float64{0, 1, 2, 3, 4, 5}, Y: []float64{1, 0, 2, 0, 3, 4}}
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

// TestBandReachesTheFoot: where a band begins below a logarithmic axis it is cut, where it
// is no number it has a gap.
func TestBandReachesTheFoot(t *testing.T) {
	band := func(low, high []float64) string {
		line := Line{X: []float64{0, 1, 2, 3}, Y: []float64{0.1, 1, 1, 1}, Low: low, High: high}
		f := Lines{Y: Axis{Log: true}, Series: []Line{line}}.render(new(colours)).Figure
		for _, m := range f.Marks {
			if strings.HasSuffix(m.Class, " band") {
				return strings.ReplaceAll(m.D, px(f.plot.bottom), "foot")
			}
		}
		return ""
	}
	require.Equal(t, 1, strings.Count(band([]float64{0.5, 0, 0.5, 0.5}, []float64{2, 2, 2, 2}), "foot"))
	require.Equal(t, 4, strings.Count(band([]float64{0, 0, 0, -1}, []float64{2, 2, 2, 2}), "foot"))
	require.Empty(t, band([]float64{1, nan, 1, nan}, []float64{2, 2, 2, 2}))
}

var nan = math.NaN()

// TestValuesInWords: lines and bars say their values in a table, too, if they are few.
func TestValuesInWords(t *testing.T) {
	g := Lines{X: Axis{Label: "layer"}, Y: Axis{Label: "error", Unit: "%"}, Series: []Line{
		{Name: "q", X: []float64{0, 2, 2}, Y: []float64{1, 3, 4}, Low: []float64{0.5}, High: []float64{1.5}, Band: "all"},
		{Name: "o", X: []float64{1, nan, 2}, Y: []float64{5, 6, nan, 8}},
	}}.render(new(colours)).Figure.Values
	require.Equal(t, &grid{
		Title: "error (%)",
		Head:  []cell{{"layer", true}, {"q", true}, {"all", true}, {"o", true}},
		Rows: [][]cell{
			{{"0", true}, {"1", true}, {"0.5 to 1.5", true}, {"", true}},
			{{"1", true}, {"", true}, {"", true}, {"5", true}},
			{{"2", true}, {"4", true}, {"", true}, {"not a number", true}},
		},
	}, g)
	g = Bars{X: Axis{Label: "layer"}, Categories: []string{"a", "b"}, Series: []Series{{Name: "q", Values: []float64{1, 2}, Errors: []float64{0.5}}, {Name: "o"}}}.render(new(colours)).Figure.Values
	require.Equal(t, [][]cell{{{"a", false}, {"1 ± 0.5", true}, {"", true}}, {{"b", false}, {"2", true}, {"", true}}}, g.Rows)
	h := Histogram{X: Axis{Label: "v"}, Series: []Bins{
		{Name: "a", Edges: []float64{0, 1, 2}, Counts: []float64{3, 0}}, {Name: "b", Edges: []float64{0, 1, 2}, Counts: []float64{0, 1}},
	}, Rules: []Rule{{"median", 1}}}
	f := h.render(new(colours)).Figure
	require.Equal(t, [][]cell{{{"0 to 1", true}, {"3", true}, {"0", true}}, {{"1 to 2", true}, {"0", true}, {"1", true}}}, f.Values.Rows)
	require.Equal(t, "histogram, 2 series, from 0 to 2, median: 1", f.Description)
	h.Series[1].Edges = []float64{0, 1, 3}
	require.Nil(t, h.render(new(colours)).Figure.Values)
	many := make([]float64, listed+1)
	require.Nil(t, Lines{Series: []Line{{X: many, Y: many}}}.render(new(colours)).Figure.Values)
	require.Nil(t, Bars{Categories: make([]string, listed+1), Series: []Series{{Values: many}}}.render(new(colours)).Figure.Values)
}
