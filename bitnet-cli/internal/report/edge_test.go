package report_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-cli/internal/report"
)

// pageOf is a page of some blocks.
func pageOf(blocks ...report.Block) report.Page {
	return report.Page{Title: "test", Sections: []report.Section{{Blocks: blocks}}}
}

var (
	logarithmic = report.Axis{Label: "v", Log: true}
	nan, inf    = math.NaN(), math.Inf(1)
	steps       = []float64{0, 1, 2, 3, 4, 5}
)

func TestWithoutData(t *testing.T) {
	for _, b := range []report.Block{
		report.Bars{},
		report.Bars{Categories: []string{"a"}, Series: []report.Series{{Name: "s", Values: []float64{nan}}}},
		report.Bars{Categories: []string{"a"}, Y: logarithmic, Series: []report.Series{{Values: []float64{0}}}},
		report.Shares{},
		report.Shares{Categories: []string{"a"}, Parts: []report.Part{{Name: "p", Values: []float64{0}}}},
		report.Shares{Categories: []string{"a"}, Parts: []report.Part{{Name: "p", Values: []float64{inf}}}},
		report.Histogram{},
		report.Histogram{Series: []report.Bins{{Edges: []float64{1}, Counts: []float64{3}}}},
		report.Histogram{X: logarithmic, Series: []report.Bins{{Edges: []float64{-2, -1}, Counts: []float64{3}}}},
		report.Lines{},
		report.Lines{Series: []report.Line{{X: steps, Y: []float64{nan, inf, -inf}}}},
		report.Lines{Series: []report.Line{{X: []float64{}, Y: []float64{1}}}},
		report.Scatter{},
		report.Scatter{Series: []report.Points{{X: []float64{1}, Y: []float64{nan}}}},
	} {
		t.Run(fmt.Sprintf("%T", b), func(t *testing.T) {
			require.Contains(t, written(t, pageOf(b)), ">no data</text>")
		})
	}
	require.NotContains(t, written(t, pageOf(report.Text(" \n\n "), report.Table{})), "no data")
	written(t, report.Page{})
}

func TestWhatIsLeftOutIsSaid(t *testing.T) {
	for _, c := range []struct {
		block report.Block
		want  string
	}{
		{
			report.Bars{Categories: []string{"a", "b", "c"}, Y: logarithmic, Series: []report.Series{{Values: []float64{1, -1, inf}}}},
			"Values of v left out: 1 infinite or beyond 10³⁰⁰; 1 not positive, on a logarithmic axis.",
		},
		{report.Lines{Series: []report.Line{{X: steps, Y: []float64{1, nan, nan, 2}}}}, "Values left out: 2 not a number."},
		{
			report.Scatter{X: logarithmic, Series: []report.Points{{X: []float64{0, 1}, Y: []float64{1, 1}}}},
			"Values of v left out: 1 not positive, on a logarithmic axis.",
		},
		{
			report.Histogram{Series: []report.Bins{{Edges: []float64{0, 1, 2}, Counts: []float64{nan, 1}}}},
			"Values of count left out: 1 not a number.",
		},
		{
			report.Shares{Categories: []string{"a", "b"}, Parts: []report.Part{{Values: []float64{1, -1}}}},
			"1 negative part left out, with the column.",
		},
		{report.Shares{Categories: []string{"a", "b"}, Parts: []report.Part{{Values: []float64{1}}}}, "1 category has no shares."},
		{
			report.Histogram{
				X: logarithmic, Samples: []report.Sample{{Name: "a", Values: []float64{0, 1, 2, 0}}, {Name: "b", Values: []float64{nan, 0}}},
				Rules: []report.Rule{{Name: "median", Value: 0}},
			},
			"Values of v left out: 1 not a number; 3 not positive, on a logarithmic axis. Not on the axis: median: 0.",
		},
	} {
		require.Contains(t, written(t, pageOf(c.block)), c.want)
	}
	// An empty bin on a logarithmic axis is no fault.
	html := written(t, pageOf(report.Histogram{
		Y:      logarithmic,
		Series: []report.Bins{{Edges: []float64{0, 1, 2}, Counts: []float64{0, 1}}},
	}))
	require.NotContains(t, html, "left out")
}

func TestExtremeValues(t *testing.T) {
	for _, values := range [][]float64{
		{0, 0},
		{1, 1},
		{-3, -3},
		{5e-324, 1e-323},
		{1e300, -1e300},
		{1, 1 + 1e-15},
		{1e300, 1e300},
		{-1e-300, 1e-300},
		{1e15, 1e15 + 1},
		{1e-300, 1e300},
		{0.3},
		{math.MaxFloat64, 1},
	} {
		for _, axis := range []report.Axis{{}, logarithmic} {
			html := written(t, pageOf(
				report.Bars{Categories: make([]string, len(values)), Y: axis, Series: []report.Series{{Values: values, Errors: values}}},
				report.Lines{X: axis, Y: axis, Series: []report.Line{{X: values, Y: values, Low: values, High: values}}},
				report.Scatter{X: axis, Y: axis, Series: []report.Points{{X: values, Y: values}}},
				report.Shares{Categories: make([]string, len(values)), Parts: []report.Part{{Values: values}}},
				report.Histogram{X: axis, Y: axis, Samples: []report.Sample{{Values: values}}},
			))
			require.Less(t, len(html), 100<<10, "%v", values)
		}
	}
}

func TestNamesAreText(t *testing.T) {
	evil := `</title></svg><script>alert(1)</script>"'<!--&\x00` + "\x00\x1b[31m\u202e\xff\ufffe"
	axis := report.Axis{Label: evil, Unit: evil}
	page := report.Page{
		Title: evil, Subtitle: evil, Program: evil, Facts: []report.Fact{{Name: evil, Value: evil}},
		Sections: []report.Section{{Title: evil, Blocks: []report.Block{
			report.Text(evil),
			report.Table{Title: evil, Head: []report.Column{{Name: evil}}, Rows: [][]string{{evil, evil}, {}}},
			report.Bars{
				Title: evil, X: axis, Y: axis, Categories: []string{evil},
				Series: []report.Series{{Name: evil, Values: []float64{1}}}, Rules: []report.Rule{{Name: evil, Value: 1}},
			},
			report.Shares{
				Title: evil, X: axis, Categories: []string{evil}, Groups: []string{evil},
				Parts: []report.Part{{Name: evil, Values: []float64{1}}},
			},
			report.Histogram{
				Title: evil, X: axis, Y: axis, Rules: []report.Rule{{Name: evil, Value: 1}},
				Samples: []report.Sample{{Name: evil, Values: []float64{1, 2}}},
			},
			report.Lines{Title: evil, X: axis, Y: axis, Series: []report.Line{{
				Name: evil, X: steps, Y: []float64{1, 2},
				Low: []float64{0, 1}, High: []float64{2, 3}, Band: evil,
			}}},
			report.Scatter{
				Title: evil, X: axis, Y: axis,
				Series: []report.Points{{Name: evil, X: []float64{1}, Y: []float64{1}, Names: []string{evil}}},
			},
		}}},
	}
	html := written(t, page)
	for _, never := range []string{"<script", "<!--", "\x00", "\x1b", "\u202e", "\xff", "\ufffe"} {
		require.NotContains(t, html, never)
	}
}

func TestPageNeedsNothingElse(t *testing.T) {
	html := written(t, example())
	html = strings.ReplaceAll(html, "http://www.w3.org/2000/svg", "")
	for _, never := range []string{"http", "url(", "@import", "<link", "<script", "<img", "src="} {
		require.NotContains(t, html, never)
	}
}

func FuzzPage(f *testing.F) {
	f.Add("layer", "name", 1.0, 2.0, 0.5, false)
	f.Add("<b>", "\xff", nan, inf, -1e-310, true)
	f.Add("", "", 1e300, -1e300, 5e-324, true)
	f.Add("a\u202eb", "−1", 0.1, 0.1, 1e17, false)
	f.Fuzz(func(t *testing.T, title, name string, a, b, c float64, log bool) {
		axis := report.Axis{Label: title, Unit: name, Log: log}
		values := []float64{a, b, c, a * b, b / c, a - c}
		names := []string{name, title, name + "1", "", "x", title}
		rules := []report.Rule{{Name: name, Value: a}, {Name: title, Value: b}, {Value: c}}
		html := written(t, report.Page{
			Title: title, Subtitle: name, Facts: []report.Fact{{Name: title, Value: name}},
			Sections: []report.Section{{Title: name, Blocks: []report.Block{
				report.Text(title),
				report.Table{Title: title, Head: []report.Column{{Name: name}, {Name: title, Right: log}}, Rows: [][]string{names, {name}}},
				report.Bars{
					Title: title, X: axis, Categories: names, Y: axis, Rules: rules,
					Series: []report.Series{{Name: name, Values: values, Errors: values[2:]}, {Name: title, Values: values[1:]}},
				},
				report.Shares{Categories: names, Groups: names, Parts: []report.Part{{Name: name, Values: values}, {Values: values[3:]}}},
				report.Histogram{X: axis, Y: axis, Rules: rules, Samples: []report.Sample{{Values: values}}},
				report.Histogram{X: axis, Y: axis, Series: []report.Bins{{Edges: values, Counts: values}}},
				report.Lines{
					X: axis, Y: axis, Rules: rules,
					Series: []report.Line{{X: values, Y: values[1:], Low: values[2:], High: values}, {X: steps, Y: values}},
				},
				report.Scatter{X: axis, Y: axis, Series: []report.Points{{X: values, Y: values[1:], Names: names}}},
			}}},
		})
		require.Less(t, len(html), 200<<10+200*(len(title)+len(name)))
	})
}
