package cli

import (
	"fmt"
	"strings"

	html "github.com/bitnet-go/bitnet/bitnet-cli/internal/report"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
)

// writeComparisonPage writes how the predictions differ from those of the base.
func (o *perplexityOptions) writeComparisonPage(l *loaded, sequences []score.Sequence, t *perplexityTrace, c *score.Comparison) error {
	if t == nil {
		return nil
	}
	rows := comparisonRows(c)
	for _, row := range rows {
		row[0] = strings.Replace(row[0], "  ", "\u00a0\u00a0", 1) // stays indented
	}
	facts := o.facts(l, sequences, c.Positions())
	facts.addModel("base", &o.baseModel)
	kl, same := c.KL(), c.SameTop()
	page := html.Page{
		Title:    fmt.Sprintf("Predictions of %s against those of %s", shownName(&o.model), shownName(&o.baseModel)),
		Subtitle: fmt.Sprintf("KL divergence %.6f nats; the same likeliest token at %.3f %% of %s", kl.Mean, 100*same.Mean, plural(c.Positions(), "position")),
		Facts:    facts,
		Sections: []html.Section{
			{Title: "Figures", Blocks: []html.Block{pageTable("", []column{{name: "figure"}, {name: "value", right: true}}, rows)}},
			t.divergenceSection(sequences, &kl),
			t.byPosition(sequences, html.Sample{Name: "mean", Values: t.nll}, html.Sample{Name: "of the base", Values: t.base}),
		},
	}
	if o.docs != "" {
		page.Sections = append(page.Sections, t.documentSection(sequences, c.Model.Value()))
	}
	page.Sections = append(page.Sections, t.tokenSection())
	return o.page.write(&page)
}

// measurable is a divergence, or 0 for what is there by rounding alone.
func measurable(kl float64) float64 {
	const least = 1e-12
	if kl < least {
		return 0
	}
	return kl
}

// divergenceSection shows divergences by position and how they are distributed.
func (t *perplexityTrace) divergenceSection(sequences []score.Sequence, kl *score.Distribution) html.Section {
	s := html.Section{Title: "Divergence"}
	if measurable(kl.Quantile(1)) == 0 {
		s.Blocks = append(s.Blocks, html.Text("No position has any: the predictions are the same."))
		return s
	}
	at := predictedPositions(sequences)
	width := positionWidth(at)
	line := overPositions(&html.Sample{Name: "mean divergence", Values: t.kl}, at, width)
	same := overPositions(&html.Sample{Name: "same likeliest token", Values: t.same}, at, width)
	same.Low, same.High, same.Band = nil, nil, ""
	for i := range same.Y {
		same.Y[i] *= 100
	}
	axis := html.Axis{Label: "KL divergence", Unit: "nats", Log: true}
	var rules []html.Rule
	for _, q := range quantiles {
		if q.share == 0.5 || q.share == 0.9 || q.share == 0.99 {
			rules = append(rules, html.Rule{Name: q.name, Value: measurable(kl.Quantile(q.share))})
		}
	}
	s.Blocks = append(s.Blocks,
		html.Lines{Title: "KL divergence by position", X: positionAxis, Y: axis, Series: []html.Line{line}},
		html.Histogram{
			Title: "KL divergence of positions", X: axis, Y: html.Axis{Label: "positions"},
			Samples: []html.Sample{{Name: "positions", Values: t.kl}}, Rules: rules,
		},
		html.Lines{Title: "Same likeliest token by position", X: positionAxis, Y: html.Axis{Label: "share", Unit: "%"}, Series: []html.Line{same}},
	)
	return s
}
