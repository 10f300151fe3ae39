package cli

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	html "github.com/bitnet-go/bitnet/bitnet-cli/internal/report"
	"github.com/bitnet-go/bitnet/bitnet-inference/transcode"
)

// page shows what ternarization does to each tensor.
func (r *quantizeReport) page(o *quantizeOptions) *html.Page {
	var f pageFacts
	total := r.Survey.Total
	f.addModel("model", &o.model)
	if r.DryRun {
		f.add("result", "none: tried only")
	} else {
		f.add("result", fileName(o.target)+", "+r.Format)
	}
	f.add("size of tensors", size(r.Bytes))
	f.add("weights", fmt.Sprintf("%s in %s", count(total.Number), plural(len(r.Survey.Tensors), "projection")))
	f.add("shares of −1, 0, +1", inPercent(total.Minus)+", "+inPercent(total.Zero)+", "+inPercent(total.Plus))
	var names []string
	for _, e := range total.Errors {
		if e.Written {
			names = append(names, scaleName(e))
		}
	}
	f.add("relative error", inPercent(total.Error)+", with one scale for "+strings.Join(names, " or "))
	if r.Importance != nil {
		f.add("scales", r.searched(fileName(r.Importance.File)))
		outputs := "not known: all inputs are 0"
		if total.Output != nil {
			outputs = inPercent(total.Output.Absmean) + " with mean magnitudes, " + inPercent(total.Output.Written) + " as written"
		}
		f.add("error of outputs", outputs)
	}
	f.add("density", fmt.Sprintf("%.2f: %s", total.Threshold, r.verdict()))
	if r.Before != nil {
		f.add("text", fileName(o.text.docs+o.text.file)+", "+plural(r.Before.Tokens, "token"))
		f.add("perplexity before", r.Before.String())
	}
	if r.After != nil {
		f.add("perplexity after", r.After.String())
	}
	for _, n := range r.Notes {
		f.add("note", n)
	}
	p := &html.Page{Title: "Ternarization of " + shownName(&o.model), Subtitle: fmt.Sprintf("Density of weights around half a scale %.2f: %s.", total.Threshold, r.verdict()), Facts: f}
	if r.Warning != "" {
		p.Subtitle = "Warning: " + r.Warning + "."
	}
	layers := byLayer(r.Survey.Tensors)
	columns := "Shares of −1, 0 and +1, then errors ‖W − sQ‖/‖W‖ with a scale for a tensor, a row, or so many weights of a row"
	if r.Importance != nil {
		columns += ", and with those that were searched for, and errors of outputs by mean magnitudes and as written"
	}
	p.Sections = []html.Section{
		{Title: "Error", Blocks: errorBlocks(r.Survey, layers)},
		{Title: "Shares", Blocks: []html.Block{sharesOf(layers)}},
		{Title: "Trained for it?", Blocks: densityBlocks(layers)},
		{Title: "Tensors", Blocks: []html.Block{
			html.Text(columns + "; * is written. Density as above."),
			pageTable("", surveyColumns(r.Survey), surveyRows(r.Survey, r.Survey.Tensors)),
		}},
	}
	return p
}

// scaleName says what has a scale of its own.
func scaleName(e transcode.ScaleError) string {
	name := serves(e)
	if e.Searched {
		name += ", searched for"
	}
	return name
}

// serves says which weights share a scale.
func serves(e transcode.ScaleError) string {
	switch {
	case e.Scale == "":
		return "what its line names"
	case e.Columns > 0:
		return fmt.Sprintf("a group of %d", e.Columns)
	}
	return "a " + e.Scale
}

// A layered is a tensor of a layer.
type layered struct {
	role  string // what it does there
	layer int
	transcode.Ternarized
}

// byLayer returns the tensors of layers, those of a role together and by layer. Roles are
// in the order in which they first come.
func byLayer(all []transcode.Ternarized) (made []layered) {
	order := map[string]int{}
	for _, t := range all {
		name, layer, ok := transcode.Layer(t.Name)
		if !ok {
			continue
		}
		role := roleOf(name)
		if _, ok := order[role]; !ok {
			order[role] = len(order)
		}
		made = append(made, layered{role, layer, t})
	}
	slices.SortStableFunc(made, func(a, b layered) int {
		return cmp.Or(cmp.Compare(order[a.role], order[b.role]), cmp.Compare(a.layer, b.layer))
	})
	return made
}

// roleOf says what a tensor does in its layer, which is * in its name.
func roleOf(name string) string {
	if _, after, ok := strings.Cut(name, ".*."); ok {
		name = after
	}
	return strings.TrimSuffix(name, ".weight")
}

var layerAxis = html.Axis{Label: "layer"}

// linesOf draws a value of each tensor over the layers, a line a role.
func linesOf(tensors []layered, value func(*layered) float64) []html.Line {
	return layerLines(tensors, func(t *layered) (string, int, float64) { return t.role, t.layer, value(t) })
}

// errorBlocks shows the error that is written by layer, and those of all kinds of scales.
func errorBlocks(survey *transcode.Survey, tensors []layered) []html.Block {
	blocks := []html.Block{
		html.Text("‖W − sQ‖/‖W‖: how far each projection is from what it becomes. Bell-shaped weights have about 51 %."),
		html.Lines{
			Title: "Relative error as written, by layer", X: layerAxis, Y: html.Axis{Label: "relative error", Unit: "%"},
			Series: linesOf(tensors, func(t *layered) float64 { return 100 * t.Error }),
		},
	}
	bars := html.Bars{Title: "Largest relative error of any layer, by what has a scale of its own", Y: html.Axis{Label: "relative error", Unit: "%"}}
	for i, t := range byRole(survey.Tensors) {
		bars.Categories = append(bars.Categories, roleOf(t.Name))
		for k, e := range survey.Total.Errors {
			if i == 0 {
				name := "a scale for " + scaleName(e)
				if e.Written && sameScales(survey) {
					name += " (written)"
				}
				bars.Series = append(bars.Series, html.Series{Name: name})
			}
			bars.Series[k].Values = append(bars.Series[k].Values, 100*t.Errors[k].Error)
		}
	}
	blocks = append(blocks, bars)
	if survey.Searched {
		blocks = append(blocks,
			html.Text("Scales were searched for that leave the least error of outputs, √(Σ m·(w − s·q)²/Σ m·w²) with m the mean square of what each column meets."),
			html.Lines{
				Title: "Less squared error of outputs than with mean magnitudes, by layer", X: layerAxis, Y: html.Axis{Label: "less squared error", Unit: "%"},
				Series: linesOf(tensors, func(t *layered) float64 {
					if t.Output == nil {
						return math.NaN()
					}
					return 100 * t.Output.Gain()
				}),
			})
	}
	return blocks
}

// sharesOf shows what the weights become.
func sharesOf(tensors []layered) html.Shares {
	s := html.Shares{Title: "Weights that become −1, 0 and +1, by layer of each projection"}
	parts := [3]html.Part{{Name: html.Ternary[0]}, {Name: html.Ternary[1]}, {Name: html.Ternary[2]}}
	for _, t := range tensors {
		s.Categories, s.Groups = append(s.Categories, fmt.Sprint(t.layer)), append(s.Groups, t.role)
		for i, v := range []float64{t.Minus, t.Zero, t.Plus} {
			parts[i].Values = append(parts[i].Values, v)
		}
	}
	s.Parts = parts[:]
	return s
}

// densityBlocks shows what training with ternary weights leaves in floats.
func densityBlocks(tensors []layered) []html.Block {
	scatter := html.Scatter{
		Title: "Density and the error with the best scale, of each tensor",
		X:     html.Axis{Label: "density around half a scale"}, Y: html.Axis{Label: "relative error with the best scale", Unit: "%"},
	}
	for _, t := range tensors {
		if n := len(scatter.Series); n == 0 || scatter.Series[n-1].Name != t.role {
			scatter.Series = append(scatter.Series, html.Points{Name: t.role})
		}
		s := &scatter.Series[len(scatter.Series)-1]
		s.X, s.Y, s.Names = append(s.X, t.Threshold), append(s.Y, 100*t.Fit), append(s.Names, t.Name)
	}
	return []html.Block{
		html.Text("How dense weights lie where rounding changes, around half a scale, relative to both sides of it. Training through the rounding " +
			"leaves many there; where nothing was rounded it is about 1. Weights that lie around three values have next to no error with the best scale."),
		html.Lines{
			Title: "Density by layer", X: layerAxis, Y: html.Axis{Label: "density"},
			Series: linesOf(tensors, func(t *layered) float64 { return t.Threshold }), Rules: []html.Rule{{Name: "not trained", Value: 1}},
		},
		scatter,
	}
}
