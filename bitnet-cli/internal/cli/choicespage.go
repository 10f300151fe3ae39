package cli

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	html "github.com/bitnet-go/bitnet/bitnet-cli/internal/report"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-inference/choices"
)

// shownMistakes is how many wrong answers a page lists.
const shownMistakes = 40

// measures are the accuracies of questions.
var measures = []struct {
	name  string
	right func(*choices.Counts) int
}{
	{"accuracy", func(c *choices.Counts) int { return c.Sum }},
	{"by characters", func(c *choices.Counts) int { return c.ByChars }},
	{"by tokens", func(c *choices.Counts) int { return c.ByTokens }},
}

// writePage writes how the questions were decided, if there is to be a page.
func (o *choicesOptions) writePage(l *loaded, results []*choices.Result) error {
	if !o.page.wanted() {
		return nil
	}
	var counts choices.Counts
	cut, chance := 0, 0.0
	byEndings := map[int]*choices.Counts{}
	for _, r := range results {
		n := len(r.LogProbs)
		if byEndings[n] == nil {
			byEndings[n] = &choices.Counts{}
		}
		counts.Add(r)
		byEndings[n].Add(r)
		chance += 1 / float64(n) / float64(len(results))
		if r.Cut > 0 {
			cut++
		}
	}
	accuracy := counts.Accuracy(counts.Sum)
	page := html.Page{
		Title:    "Questions for " + shownName(&o.model),
		Subtitle: fmt.Sprintf("The right ending is the likeliest for %s of %s.", percent(accuracy.Mean, accuracy.StdErr), plural(counts.Items, "question")),
		Facts:    o.facts(l, &counts, cut),
		Sections: []html.Section{accuracySection(&counts, chance)},
	}
	if len(byEndings) > 1 {
		page.Sections = append(page.Sections, endingsSection(byEndings))
	}
	page.Sections = append(page.Sections, marginSection(results))
	return o.page.write(&page)
}

// facts says what was asked of what.
func (o *choicesOptions) facts(l *loaded, counts *choices.Counts, cut int) (f pageFacts) {
	f.addModel("model", &o.model)
	f.add("format", l.ck.Format+", "+l.ck.Quantization)
	f.add("questions", fileName(o.file))
	asked := plural(counts.Items, "question")
	switch {
	case o.seeded:
		asked += fmt.Sprintf(", drawn by the seed %d", o.seed)
	case counts.Items == o.count:
		asked += ", the first"
	}
	f.add("asked", asked)
	if cut > 0 {
		f.add("too long, start cut", fmt.Sprint(cut))
	}
	if o.head != dtype.Invalid {
		f.add("output head", "rounded to "+o.head.String())
	}
	f.add("keys and values", l.cache.String())
	if o.reference {
		f.add("computed by", "the slow path that defines the answer")
	}
	return f
}

// accuracySection shows the accuracies of all questions.
func accuracySection(counts *choices.Counts, chance float64) html.Section {
	bars := html.Bars{
		Title: "Accuracy", Y: html.Axis{Label: "right", Unit: "%"}, Rules: []html.Rule{{Name: "chance", Value: 100 * chance}},
		Series: []html.Series{{Name: "right ± error"}},
	}
	s := &bars.Series[0]
	var rows [][]string
	for _, m := range measures {
		e := counts.Accuracy(m.right(counts))
		bars.Categories = append(bars.Categories, m.name)
		s.Values, s.Errors = append(s.Values, 100*e.Mean), append(s.Errors, 100*e.StdErr)
		rows = append(rows, []string{m.name, percent(e.Mean, e.StdErr)})
	}
	return html.Section{Title: "Accuracy", Blocks: []html.Block{
		html.Text("The share of questions whose right ending has the largest sum of its tokens' log-probabilities; the largest of these sums divided " +
			"by the ending's characters; and divided by its tokens."),
		bars,
		pageTable("", []column{{name: "measure"}, {name: "right", right: true}}, rows),
	}}
}

// endingsSection shows the accuracies of questions with as many endings.
func endingsSection(by map[int]*choices.Counts) html.Section {
	bars := html.Bars{Title: "Accuracy by number of endings", X: html.Axis{Label: "endings"}, Y: html.Axis{Label: "right", Unit: "%"}}
	columns := []column{{name: "endings", right: true}, {name: "questions", right: true}, {name: "chance", right: true}}
	chance := html.Series{Name: "chance"}
	for _, m := range measures {
		bars.Series = append(bars.Series, html.Series{Name: m.name})
		columns = append(columns, column{name: m.name, right: true})
	}
	var rows [][]string
	for _, n := range slices.Sorted(maps.Keys(by)) {
		c := by[n]
		bars.Categories = append(bars.Categories, fmt.Sprint(n))
		chance.Values = append(chance.Values, 100/float64(n))
		row := []string{fmt.Sprint(n), fmt.Sprint(c.Items), percent(1/float64(n), math.NaN())}
		for i, m := range measures {
			e := c.Accuracy(m.right(c))
			s := &bars.Series[i]
			s.Values, s.Errors = append(s.Values, 100*e.Mean), append(s.Errors, 100*e.StdErr)
			row = append(row, percent(e.Mean, e.StdErr))
		}
		rows = append(rows, row)
	}
	bars.Series = append(bars.Series, chance)
	return html.Section{Title: "By number of endings", Blocks: []html.Block{bars, pageTable("", columns, rows)}}
}

// margin is by how much the right ending's sum is above the best wrong one's, in nats.
func margin(r *choices.Result) float64 {
	best := math.Inf(-1)
	for i, sum := range r.LogProbs {
		if i != r.Answer {
			best = max(best, sum)
		}
	}
	return r.LogProbs[r.Answer] - best
}

// marginSection shows how sure the model was, and where it was wrong.
func marginSection(results []*choices.Result) html.Section {
	values := make([]float64, len(results))
	var wrong []*choices.Result
	for i, r := range results {
		values[i] = margin(r)
		if r.Sum != r.Answer {
			wrong = append(wrong, r)
		}
	}
	s := html.Section{Title: "Margin", Blocks: []html.Block{
		html.Text("By how much the sum of the right ending is above that of the likeliest wrong one: the question is decided rightly above 0, and the " +
			"further away from it, the surer."),
		html.Histogram{
			Title: "Margin of the right ending", X: html.Axis{Label: "margin", Unit: "nats"}, Y: html.Axis{Label: "questions"},
			Samples: []html.Sample{{Name: "questions", Values: values}}, Rules: []html.Rule{{Name: "decided alike", Value: 0}},
		},
	}}
	if len(wrong) == 0 {
		return s
	}
	slices.SortStableFunc(wrong, func(a, b *choices.Result) int { return cmp.Compare(margin(a), margin(b)) })
	title := fmt.Sprintf("The surest mistakes (%d of %d), numbered in the file from 0", min(len(wrong), shownMistakes), len(wrong))
	var rows [][]string
	for _, r := range wrong[:min(len(wrong), shownMistakes)] {
		rows = append(rows, []string{fmt.Sprint(r.Item), fmt.Sprint(r.Answer), fmt.Sprint(r.Sum), fmt.Sprintf("%.3f", margin(r))})
	}
	s.Blocks = append(s.Blocks, pageTable(title, []column{{name: "question", right: true}, {name: "right", right: true}, {name: "chosen", right: true}, {name: "margin", right: true}}, rows))
	return s
}
