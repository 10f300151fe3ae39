package cli

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	html "github.com/bitnet-go/bitnet/bitnet-cli/internal/report"
	"github.com/bitnet-go/bitnet/bitnet-inference/tune"
)

// page shows statistics of activations, and what could be gained.
func (r *calibrateReport) page(o *calibrateOptions) *html.Page {
	p := &html.Page{Title: "Activations of a model", Subtitle: "Statistics of " + plural(len(r.Inputs), "input") + " of projections"}
	var f pageFacts
	if r.Model != nil {
		p.Title = "Activations of " + shownName(&o.model)
		f.addModel("model", &o.model)
		f.add("format", r.Model.Format+", "+r.Model.Quantization)
		f.add("text", fileName(o.file))
	}
	for _, path := range r.Merged {
		f.add("merged", fileName(path))
	}
	f.add("fingerprint of the layers", r.Fingerprint)
	if len(r.Inputs) > 0 {
		f.add("tokens", fmt.Sprint(r.Inputs[0].Tokens))
	}
	if at := r.notFinite(); len(at) > 0 {
		f.add("warning", leftOut(at))
	}
	if g := r.Measured; g != nil {
		p.Subtitle += fmt.Sprintf(", gains measured on %d tokens of perplexity %s", g.Tokens, perplexity(g.Perplexity))
		f.add("measured on", plural(g.Tokens, "token"))
		f.add("perplexity of these", perplexity(g.Perplexity))
		f.add("cuts and scales", strings.TrimPrefix(g.searched(), "cuts and scales were "))
	}
	p.Facts = f
	p.Sections = []html.Section{
		{Title: "Magnitudes", Blocks: r.magnitudeBlocks()},
		{Title: "Histograms", Blocks: r.histograms()},
		{Title: "Outlier channels", Blocks: r.outlierBlocks()},
		{Title: "Clipping", Blocks: r.clipBlocks()},
	}
	if r.Measured != nil {
		p.Sections = append(p.Sections, html.Section{Title: "Measured effects", Blocks: r.Measured.blocks()})
	}
	p.Sections = append(p.Sections, html.Section{Title: "Inputs", Blocks: []html.Block{pageTable("", inputColumns, inputRows(r.Inputs))}})
	return p
}

// lines draws a value of each input over the layers, a line for each kind of input. NaN
// is left out.
func (r *calibrateReport) lines(value func(*calibratedInput) float64) []html.Line {
	return layerLines(r.Inputs, func(in *calibratedInput) (string, int, float64) { return in.Input, in.Layer, value(in) })
}

func (r *calibrateReport) magnitudeBlocks() []html.Block {
	return []html.Block{
		html.Text("Of all tokens and channels of each input. Int8 has steps of 1/127 of a token's largest magnitude: the further that stands out of " +
			"the root mean square, the fewer steps the others have."),
		html.Lines{
			Title: "Largest magnitude by layer", X: layerAxis, Y: html.Axis{Label: "absmax", Log: true},
			Series: r.lines(func(in *calibratedInput) float64 { return float64(in.AbsMax) }),
		},
		html.Lines{
			Title: "Root mean square by layer", X: layerAxis, Y: html.Axis{Label: "rms", Log: true},
			Series: r.lines(func(in *calibratedInput) float64 { return in.RMS }),
		},
	}
}

// histograms shows, for each kind of input, some layers from the first to the last.
func (r *calibrateReport) histograms() []html.Block {
	blocks := []html.Block{html.Text("Magnitudes in the first, the middle and the last layer, as the share of activations in each octave: from a magnitude to its double.")}
	var kinds []string
	of := map[string][]*calibratedInput{}
	for i := range r.Inputs {
		in := &r.Inputs[i]
		if of[in.Input] == nil {
			kinds = append(kinds, in.Input)
		}
		of[in.Input] = append(of[in.Input], in)
	}
	for _, kind := range kinds {
		h := html.Histogram{Title: "Into " + kind, X: html.Axis{Label: "magnitude", Log: true}, Y: html.Axis{Label: "activations an octave", Unit: "%", Log: true}}
		zeros := ""
		n := len(of[kind])
		for _, i := range slices.Compact([]int{0, n / 2, n - 1}) {
			in := of[kind][i]
			bins, small := octaves(in)
			h.Series = append(h.Series, bins)
			if small >= 0.001 {
				zeros += fmt.Sprintf(" %s of %s;", inPercent(small), bins.Name)
			}
		}
		blocks = append(blocks, h)
		if zeros != "" {
			blocks = append(blocks, html.Text("Zeros and what is below 2⁻²⁴, which have no place on the axis:"+zeros[:len(zeros)-1]+"."))
		}
	}
	return blocks
}

// octaves returns the histogram of an input as shares, in percent, for each doubling of
// the magnitude: bins are of different widths on a logarithmic axis. small is the share of
// what has no place there.
func octaves(in *calibratedInput) (b html.Bins, small float64) {
	b.Name = fmt.Sprintf("layer %d", in.Layer)
	var all float64
	for _, m := range in.Magnitudes {
		all += float64(m.Count)
	}
	for _, m := range in.Magnitudes {
		share := float64(m.Count) / all
		if m.From == 0 {
			small = share
			continue
		}
		to := 2 * m.From
		if m.To != nil {
			to = *m.To
		}
		if n := len(b.Edges); n == 0 {
			b.Edges = append(b.Edges, m.From)
		} else if b.Edges[n-1] < m.From { // nothing lies between
			b.Edges, b.Counts = append(b.Edges, m.From), append(b.Counts, 0)
		}
		b.Edges, b.Counts = append(b.Edges, to), append(b.Counts, 100*share/math.Log2(to/m.From))
	}
	return b, small
}

// shownChannels is how many outlier channels a page lists.
const shownChannels = 40

func (r *calibrateReport) outlierBlocks() []html.Block {
	type channel struct {
		outlier
		in *calibratedInput
	}
	var all []channel
	for i := range r.Inputs {
		for _, o := range r.Inputs[i].Outliers {
			all = append(all, channel{o, &r.Inputs[i]})
		}
	}
	about := fmt.Sprintf("A channel stands out that has more than %d times the root mean square of the median channel of its input.", outlierRatio)
	if len(all) == 0 {
		return []html.Block{html.Text(about + " None does.")}
	}
	slices.SortStableFunc(all, func(a, b channel) int { return cmp.Compare(b.AbsMax, a.AbsMax) })
	t := html.Table{Title: fmt.Sprintf("Of the largest magnitude (%d of %d)", min(len(all), shownChannels), len(all)), Head: []html.Column{
		{Name: "layer", Right: true}, {Name: "input"}, {Name: "channel", Right: true}, {Name: "rms", Right: true}, {Name: "absmax", Right: true},
	}}
	for _, c := range all[:min(len(all), shownChannels)] {
		t.Rows = append(t.Rows, []string{fmt.Sprint(c.in.Layer), c.in.Input, fmt.Sprint(c.Channel), fmt.Sprintf("%.4g", c.RMS), fmt.Sprintf("%.4g", c.AbsMax)})
	}
	return []html.Block{html.Text(about), html.Lines{
		Title: "Channels that stand out, by layer", X: layerAxis, Y: html.Axis{Label: "channels"},
		Series: r.lines(func(in *calibratedInput) float64 { return float64(len(in.Outliers)) }),
	}, t}
}

func (r *calibrateReport) clipBlocks() []html.Block {
	clip := func(value func(*clipJSON) float64) []html.Line {
		return r.lines(func(in *calibratedInput) float64 {
			if in.Clip == nil {
				return math.NaN()
			}
			return 100 * value(in.Clip)
		})
	}
	if !slices.ContainsFunc(r.Inputs, func(in calibratedInput) bool { return in.Clip != nil }) {
		return []html.Block{html.Text("Dense projections do not round their activations: there is nothing to gain by cutting them off.")}
	}
	return []html.Block{
		html.Text("Where cutting off at a share of each token's largest magnitude leaves int8 the least squared error, and how much less that is."),
		html.Lines{Title: "Less squared error of int8, by layer", X: layerAxis, Y: html.Axis{Label: "less error", Unit: "%"}, Series: clip(func(c *clipJSON) float64 { return c.Gain })},
		html.Lines{Title: "Best share, by layer", X: layerAxis, Y: html.Axis{Label: "of the largest magnitude", Unit: "%"}, Series: clip(func(c *clipJSON) float64 { return c.Share })},
	}
}

// A tried is a change that was measured.
type tried struct {
	what   string
	effect *tune.Effect
	ruins  bool // scales of weights: out of all proportion to the others
}

func (g *calibrateGains) tried() (all []tried) {
	add := func(what string, e *tune.Effect, ruins bool) {
		if e != nil {
			all = append(all, tried{what, e, ruins})
		}
	}
	add("clipping", g.Clipping.Effect, false)
	if g.Scales != nil {
		add("absmean", g.Scales.Absmean, true)
		add("weighted", g.Scales.Weighted, true)
	}
	for _, h := range g.Heads {
		add(fmt.Sprintf("%s %s", h.Part, h.Type), h.Effect, false)
	}
	return all
}

func (g *calibrateGains) blocks() []html.Block {
	all := g.tried()
	if len(all) == 0 {
		return []html.Block{html.Text("Nothing could be tried.")}
	}
	kl := html.Bars{Title: "KL divergence from the model as it is", Y: html.Axis{Label: "KL divergence", Unit: "nats", Log: true}, Series: []html.Series{{Name: "mean"}, {Name: "99 %"}}}
	loss := html.Bars{Title: "Loss by clipping and by types of the head", Y: html.Axis{Label: "loss", Unit: "nats a token"}, Series: []html.Series{{Name: "loss ± error"}}}
	t := html.Table{Head: []html.Column{
		{Name: "change"},
		{Name: "KL mean", Right: true},
		{Name: "KL 99 %", Right: true},
		{Name: "same top", Right: true},
		{Name: "perplexity", Right: true},
		{Name: "loss (nats a token)"},
	}}
	for _, c := range all {
		e := c.effect
		mean, p99, same, perplexity, lost := effectCells(e)
		t.Rows = append(t.Rows, []string{c.what, mean, p99, same, perplexity, lost})
		if e.Verdict == tune.Ruins {
			continue
		}
		kl.Categories = append(kl.Categories, c.what)
		for i, v := range []float64{measurable(e.KL.Mean), measurable(e.KL.P99)} {
			kl.Series[i].Values = append(kl.Series[i].Values, v)
		}
		if s := &loss.Series[0]; !c.ruins {
			loss.Categories, s.Values, s.Errors = append(loss.Categories, c.what), append(s.Values, e.Loss), append(s.Errors, e.StdErr)
		}
	}
	if len(kl.Categories) == 0 {
		return []html.Block{t}
	}
	scales := ""
	if g.Scales != nil {
		scales = " Weights are made ternary with the usual scales (absmean) and with scales weighted by importance."
	}
	clipping := "Clipping " + clippingTried(g.Clipping) + "."
	if g.Clipping.Effect != nil {
		clipping = "Clipping: " + clippingTried(g.Clipping) + "; " + fromExact(g.Clipping) + "."
	}
	blocks := []html.Block{html.Text("KL says how far the predictions are from those of the model as it is, loss how much less probable the text's tokens have become. " +
		"Within three standard errors it is nothing measurable." + scales), html.Text(clipping), kl}
	if len(loss.Categories) > 0 {
		blocks = append(blocks, loss)
	}
	return append(blocks, t)
}
