package report_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-cli/internal/report"
)

var update = flag.Bool("update", false, "write testdata/small.html anew, to be looked at before it is committed")

// small is one block of each kind with few values.
func small() report.Page {
	layers := []string{"0", "1", "2"}
	axis := report.Axis{Label: "error", Unit: "%"}
	return report.Page{
		Title: "A small page", Subtitle: "of each block one", Program: "bitnet test",
		Made:  time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Facts: []report.Fact{{Name: "layers", Value: "3"}},
		Sections: []report.Section{{Title: "All blocks", Blocks: []report.Block{
			report.Text("First.\n\nSecond."),
			report.Table{Title: "Table", Head: []report.Column{{Name: "layer", Right: true}, {Name: "note"}}, Rows: [][]string{{"0", "good"}, {"1"}}},
			report.Bars{
				Title: "Bars", X: report.Axis{Label: "layer"}, Categories: layers, Y: axis,
				Series: []report.Series{{Name: "up", Values: []float64{40, 30.5, 20}, Errors: []float64{2}}, {Name: "down", Values: []float64{10, nan}}},
				Rules:  []report.Rule{{Name: "mean", Value: 25}},
			},
			report.Shares{Title: "Shares", Categories: layers, Groups: []string{"up", "up", "down"}, Parts: []report.Part{
				{Name: report.Ternary[0], Values: []float64{1, 2, 3}},
				{Name: report.Ternary[1], Values: []float64{2, 1, 2}},
				{Name: report.Ternary[2], Values: []float64{1, 1, 3}},
			}},
			report.Histogram{
				Title: "Histogram", X: report.Axis{Label: "magnitude", Log: true},
				Series: []report.Bins{{Name: "up", Edges: []float64{0.01, 0.1, 1, 10}, Counts: []float64{5, 20, 2}}},
				Rules:  []report.Rule{{Name: "clip", Value: 4}},
			},
			report.Lines{
				Title: "Lines", X: report.Axis{Label: "position"}, Y: report.Axis{Label: "KL", Log: true},
				Series: []report.Line{{
					Name: "mean", X: steps[:5], Y: []float64{1, 0.1, 0.2, 0, 0.3}, Low: []float64{0.5, 0.05, 0},
					High: []float64{2, 0.2, 0.4}, Band: "5–95 %",
				}},
			},
			report.Scatter{Title: "Scatter", X: axis, Y: axis, Series: []report.Points{
				{Name: "up", X: []float64{1, 2}, Y: []float64{3, 4}, Names: []string{"blk.0", "blk.1"}},
			}},
		}}},
	}
}

func TestSmallPage(t *testing.T) {
	got := written(t, small())
	golden := filepath.Join("testdata", "small.html")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}
