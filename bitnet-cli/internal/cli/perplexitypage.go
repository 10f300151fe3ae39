package cli

import (
	"fmt"
	"math"
	"slices"

	html "github.com/bitnet-go/bitnet/bitnet-cli/internal/report"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
)

// perplexityTrace is what a page shows of each predicted token, in their order. A nil
// one keeps nothing.
type perplexityTrace struct {
	nll []float64 // -ln p
	// Of --kl-base, too: its -ln p, the divergence, and 1 for the same likeliest token.
	base, kl, same []float64
}

// add keeps what is known of tokens.
func (t *perplexityTrace) add(logProbs ...float64) {
	if t == nil {
		return
	}
	for _, l := range logProbs {
		t.nll = append(t.nll, -l)
	}
}

// compare keeps what is known of a token that two models predict.
func (t *perplexityTrace) compare(d *score.Divergence) {
	if t == nil {
		return
	}
	same := 0.0
	if d.Base == d.Top {
		same = 1
	}
	t.add(d.LogProb)
	t.base, t.kl, t.same = append(t.base, -d.LogProbBase), append(t.kl, measurable(d.KL)), append(t.same, same)
}

// trace returns what collects the figures of tokens, nil if there is no page.
func (o *perplexityOptions) trace() *perplexityTrace {
	if !o.page.wanted() {
		return nil
	}
	return &perplexityTrace{}
}

const (
	shownDocuments = 300 // with a bar each; more are a histogram
	shownPositions = 64  // points of a line over positions
)

// writePage writes what was measured of each text, if there is to be a page.
func (o *perplexityOptions) writePage(l *loaded, sequences []score.Sequence, t *perplexityTrace, all *score.Perplexity) error {
	if t == nil {
		return nil
	}
	figure := plusMinus("%.4f", all.Value(), all.StdErr())
	facts := o.facts(l, sequences, all.Tokens)
	facts.add("perplexity", figure)
	facts.add("negative log-likelihood", fmt.Sprintf("%.4f nats a token, %.4f in all", all.NLLSum/float64(all.Tokens), all.NLLSum))
	page := html.Page{
		Title:    "Perplexity of " + shownName(&o.model),
		Subtitle: fmt.Sprintf("%s over %s in %s", figure, plural(all.Tokens, "token"), o.pieces(len(sequences))),
		Facts:    facts,
		Sections: []html.Section{t.byPosition(sequences, html.Sample{Name: "mean", Values: t.nll})},
	}
	if o.docs != "" {
		page.Sections = append(page.Sections, t.documentSection(sequences, all.Value()))
	}
	page.Sections = append(page.Sections, t.tokenSection())
	return o.page.write(&page)
}

// facts says what was measured on what.
func (o *perplexityOptions) facts(l *loaded, sequences []score.Sequence, tokens int) (f pageFacts) {
	f.addModel("model", &o.model)
	f.add("format", l.ck.Format+", "+l.ck.Quantization)
	f.add("text", fileName(o.docs+o.file))
	f.add("predicted", fmt.Sprintf("%s in %s", plural(tokens, "token"), o.pieces(len(sequences))))
	longest := 0
	for _, q := range sequences {
		longest = max(longest, len(q.IDs))
	}
	how := fmt.Sprintf("up to %s", plural(longest, "token"))
	switch {
	case o.stride > 0:
		how += fmt.Sprintf(", one every %d", o.stride)
	case o.halves:
		how += ", of each the second half"
	}
	f.add("length", how)
	if h := o.headName; h != "full" {
		f.add("output head", "rounded to "+h)
	}
	f.add("keys and values", l.cache.String())
	if o.reference {
		f.add("computed by", "the slow path that defines the answer")
	}
	return f
}

// byPosition is a section with lines of the mean over positions.
func (t *perplexityTrace) byPosition(sequences []score.Sequence, all ...html.Sample) html.Section {
	at := predictedPositions(sequences)
	width := positionWidth(at)
	lines := make([]html.Line, len(all))
	for i := range all {
		lines[i] = overPositions(&all[i], at, width)
		if i > 0 { // one band is enough to read
			lines[i].Low, lines[i].High, lines[i].Band = nil, nil, ""
		}
	}
	about := "Whether tokens are predicted the better the more of the text stands before them."
	if width > 1 {
		about += fmt.Sprintf(" Each point is the mean of %d positions.", width)
	}
	return html.Section{Title: "By position", Blocks: []html.Block{
		html.Text(about),
		html.Lines{
			Title: "Negative log-likelihood by position", X: positionAxis, Y: nllAxis, Series: lines,
		},
	}}
}

var (
	positionAxis = html.Axis{Label: "tokens before the one predicted"}
	nllAxis      = html.Axis{Label: "−ln p", Unit: "nats"}
)

// predictedPositions returns the place in its text of each predicted token.
func predictedPositions(sequences []score.Sequence) (at []int) {
	for _, q := range sequences {
		for i := q.From; i < len(q.IDs); i++ {
			at = append(at, i)
		}
	}
	return at
}

// positionWidth is how many positions share a point of a line, so that there are not more
// than can be told apart.
func positionWidth(at []int) int {
	return (slices.Max(at)-slices.Min(at))/shownPositions + 1
}

// overPositions returns the means of values at positions, width of them together, with
// the band from the 10 % to the 90 % quantile.
func overPositions(s *html.Sample, at []int, width int) html.Line {
	bins := make([][]float64, slices.Max(at)/width+1)
	for i, v := range s.Values {
		bins[at[i]/width] = append(bins[at[i]/width], v)
	}
	line := html.Line{Name: s.Name, Band: "10 % to 90 % quantile"}
	for i, bin := range bins {
		if len(bin) == 0 {
			continue
		}
		d := score.NewDistribution(bin)
		line.X = append(line.X, float64(i*width)+float64(width-1)/2)
		line.Y = append(line.Y, d.Mean)
		line.Low, line.High = append(line.Low, d.Quantile(0.1)), append(line.High, d.Quantile(0.9))
	}
	return line
}

// documentSection shows each document, or how they are distributed.
func (t *perplexityTrace) documentSection(sequences []score.Sequence, all float64) html.Section {
	s := html.Section{Title: "By document"}
	var names []string
	var values, errors []float64
	rest := t.nll
	for i, q := range sequences {
		n := max(len(q.IDs)-q.From, 0)
		var p score.Perplexity
		for _, v := range rest[:n] {
			p.Add([]float64{-v})
		}
		if rest = rest[n:]; n == 0 {
			continue
		}
		e := p.StdErr()
		if math.IsNaN(e) {
			e = 0 // of a single token
		}
		names, values, errors = append(names, fmt.Sprint(i+1)), append(values, p.Value()), append(errors, e)
	}
	if missing := len(sequences) - len(names); missing > 0 {
		s.Blocks = append(s.Blocks, html.Text(plural(missing, "document")+" without a token to predict: left out."))
	}
	mark := []html.Rule{{Name: "all", Value: all}}
	if len(names) > shownDocuments {
		s.Blocks = append(s.Blocks, html.Histogram{
			Title: "Perplexity of documents", X: html.Axis{Label: "perplexity", Log: true}, Y: html.Axis{Label: "documents"},
			Samples: []html.Sample{{Name: "documents", Values: values}}, Rules: mark,
		})
		return s
	}
	s.Blocks = append(s.Blocks, html.Bars{
		Title: "Perplexity by document", X: html.Axis{Label: "document"}, Categories: names, Y: html.Axis{Label: "perplexity", Log: true},
		Series: []html.Series{{Name: "perplexity ± error", Values: values, Errors: errors}}, Rules: mark,
	})
	return s
}

// tokenSection shows how the terms of tokens are distributed.
func (t *perplexityTrace) tokenSection() html.Section {
	d := score.NewDistribution(t.nll)
	return html.Section{Title: "By token", Blocks: []html.Block{
		html.Text("Perplexity is exp of the mean of these. A tail to the right is of tokens that the model holds for next to impossible."),
		html.Histogram{
			Title: "Negative log-likelihood of tokens", X: nllAxis, Y: html.Axis{Label: "tokens"},
			Samples: []html.Sample{{Name: "tokens", Values: t.nll}},
			Rules:   []html.Rule{{Name: "median", Value: d.Quantile(0.5)}, {Name: "mean", Value: d.Mean}},
		},
	}}
}
