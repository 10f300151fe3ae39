package cli

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-inference/transcode"
)

// A quantizeReport is what quantize prints.
type quantizeReport struct {
	*transcode.Plan
	Survey  *transcode.Survey   `json:"survey"`
	Before  *quantizePerplexity `json:"perplexity_before,omitempty"`
	After   *quantizePerplexity `json:"perplexity_after,omitempty"`
	Warning string              `json:"warning,omitempty"`
	DryRun  bool                `json:"dry_run"`
	// Importance is what scales were searched with, nil if none were.
	Importance *quantizeImportance `json:"importance,omitempty"`
	Seconds    float64             `json:"seconds"`
}

// A quantizePerplexity is that of a text.
type quantizePerplexity struct {
	Tokens     int      `json:"tokens"`
	Perplexity *float64 `json:"perplexity"` // null if it is not finite
}

func (p *quantizePerplexity) String() string {
	if p.Perplexity == nil {
		return "not finite"
	}
	return strconv.FormatFloat(*p.Perplexity, 'f', 3, 64)
}

// warn says what the figures mean for a model that was not trained for it.
func (r *quantizeReport) warn() {
	switch {
	case r.Survey.Declared && r.Survey.Searched:
		r.Warning = "the model was trained with the mean magnitude of a tensor as its scale: with others it is not the model that was trained, however small the error of outputs"
	case r.Survey.Trained && r.Survey.Searched:
		r.Warning = "these weights look trained for ternary values, which is mostly done with mean magnitudes as scales: with others it may not be the model that was trained, however small the error of outputs"
	case r.Survey.Declared && r.Survey.Scale != "tensor":
		r.Warning = "the model was trained with one scale for a tensor: with others it is not the model that was trained"
	case !r.Survey.Declared && !r.Survey.Trained:
		r.Warning = "nothing in these weights speaks for training with ternary weights: ternarizing such a model destroys it"
	}
}

// byRole sums tensors up that do the same in every layer. Errors are the largest.
func byRole(all []transcode.Ternarized) []transcode.Ternarized {
	var made []transcode.Ternarized
	at := map[string]int{}
	for _, t := range all {
		name, _, _ := transcode.Layer(t.Name)
		i, ok := at[name]
		if !ok {
			at[name] = len(made)
			t.Name = name
			t.Errors = append([]transcode.ScaleError(nil), t.Errors...)
			made = append(made, t)
			continue
		}
		m := &made[i]
		mean := func(to *float64, v float64) {
			*to += (v - *to) * float64(t.Number) / float64(m.Number+t.Number)
		}
		mean(&m.Minus, t.Minus)
		mean(&m.Zero, t.Zero)
		mean(&m.Plus, t.Plus)
		mean(&m.Threshold, t.Threshold)
		for k := range m.Errors {
			m.Errors[k].Error = max(m.Errors[k].Error, t.Errors[k].Error)
			m.Errors[k].Written = m.Errors[k].Written || t.Errors[k].Written
			if serves(m.Errors[k]) != serves(t.Errors[k]) {
				m.Errors[k].Scale, m.Errors[k].Columns = "", 0
			}
		}
		m.Output = larger(m.Output, t.Output)
		m.Number += t.Number
	}
	return made
}

// larger returns the larger errors of two tensors, either of which may have none.
func larger(a, b *transcode.OutputError) *transcode.OutputError {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	return &transcode.OutputError{Absmean: max(a.Absmean, b.Absmean), Written: max(a.Written, b.Written)}
}

// sameScales reports whether all tensors have scales of one kind. Else each says which.
func sameScales(survey *transcode.Survey) bool {
	n := 0
	for _, e := range survey.Total.Errors {
		switch {
		case e.Written && e.Scale == "":
			return false
		case e.Written:
			n++
		}
	}
	return n == 1
}

// surveyColumns head surveyRows. Where there is no room, errors that nothing is written with go
// first.
func surveyColumns(survey *transcode.Survey) []column {
	columns := []column{
		{name: "tensors", cut: true, front: true},
		{name: "weights", right: true},
		{name: "-1", right: true, spare: true},
		{name: "0", right: true},
		{name: "+1", right: true, spare: true},
	}
	for _, e := range survey.Total.Errors {
		name := scaleMark(e)
		if e.Searched {
			name = "searched"
		}
		if e.Written && sameScales(survey) {
			name += "*"
		}
		columns = append(columns, column{name: name, right: true, spare: !e.Written})
	}
	if survey.Searched {
		columns = append(columns, column{name: "outputs", right: true}, column{name: "outputs*", right: true})
	}
	return append(columns, column{name: "density", right: true})
}

// scaleMark is a word for what has a scale of its own.
func scaleMark(e transcode.ScaleError) string {
	if e.Columns > 0 {
		return strconv.Itoa(e.Columns)
	}
	return cmp.Or(e.Scale, "several")
}

// surveyRows are of tensors and of all of them together.
func surveyRows(survey *transcode.Survey, tensors []transcode.Ternarized) (rows [][]string) {
	total := survey.Total
	total.Name = "all"
	for _, t := range append(tensors[:len(tensors):len(tensors)], total) {
		row := []string{t.Name, count(t.Number), inPercent(t.Minus), inPercent(t.Zero), inPercent(t.Plus)}
		for _, e := range t.Errors {
			cell := inPercent(e.Error)
			if e.Written && !sameScales(survey) {
				cell += "*"
				if e.Searched {
					cell += " " + scaleMark(e)
				}
			}
			row = append(row, cell)
		}
		switch {
		case t.Output != nil:
			row = append(row, inPercent(t.Output.Absmean), inPercent(t.Output.Written))
		case survey.Searched:
			row = append(row, "–", "–")
		}
		rows = append(rows, append(row, strconv.FormatFloat(t.Threshold, 'f', 2, 64)))
	}
	return rows
}

func (r *quantizeReport) print(s *Streams, verbose bool) error {
	all := r.Survey.Tensors
	if !verbose {
		all = byRole(all)
	}
	if err := printTable(s.Out, s.width(), surveyColumns(r.Survey), surveyRows(r.Survey, all)); err != nil {
		return err
	}
	what := "the largest of all layers"
	if verbose {
		what = "of each tensor"
	}
	var names []string
	for _, e := range r.Survey.Total.Errors {
		if !e.Searched {
			names = append(names, scaleName(e))
		}
	}
	fmt.Fprintf(s.Out, "\nerrors ‖W−sQ‖/‖W‖ with a scale for %s, %s; * is written\n", strings.Join(names, ", "), what)
	if r.Importance != nil {
		fmt.Fprintf(s.Out, "searched: with %s; outputs: their error, by mean magnitudes and as written\n", r.searched(r.Importance.File))
	}
	fmt.Fprintf(s.Out, "density of weights around half a scale is %.2f of that beside it: %s\n", r.Survey.Total.Threshold, r.verdict())
	r.printPerplexity(s)
	if r.Warning != "" {
		fmt.Fprintln(s.Out, "warning: "+r.Warning)
	}
	return printMade(s, r.Plan, r.DryRun, r.Seconds)
}

// searched says which scales are written in place of mean magnitudes, by the statistics of a file.
func (r *quantizeReport) searched(file string) string {
	all := r.Survey.Total.Errors
	return fmt.Sprintf("the scale for %s that leaves the least error of outputs, by %d tokens of %s", serves(all[len(all)-1]), r.Importance.Tokens, printable(file))
}

// verdict says what the statistic tells.
func (r *quantizeReport) verdict() string {
	switch {
	case r.Survey.Declared && r.Survey.Trained:
		return "trained with ternary weights, as the checkpoint says"
	case r.Survey.Declared:
		return "as in weights that nothing has rounded, though the checkpoint says that these were"
	case r.Survey.Trained:
		return "trained with ternary weights"
	}
	return "as in weights that nothing has rounded in training"
}

func (r *quantizeReport) printPerplexity(s *Streams) {
	if r.Before == nil {
		return
	}
	after := "not measured"
	if r.After != nil {
		after = r.After.String()
	}
	fmt.Fprintf(s.Out, "perplexity over %d tokens: before %v, after %s", r.Before.Tokens, r.Before, after)
	if r.Survey.Declared {
		fmt.Fprint(s.Out, " (before: rounded while loading, as the checkpoint says)")
	}
	fmt.Fprintln(s.Out)
}

// inPercent prints a share.
func inPercent(v float64) string { return strconv.FormatFloat(100*v, 'f', 1, 64) + " %" }
