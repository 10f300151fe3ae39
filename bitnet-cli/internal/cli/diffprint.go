package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-inference/compare"
)

// shownDifferences is how many lines of a kind people are shown without --all.
const shownDifferences = 10

// printDiff prints a line for what is the same, and what differs below, the worst first.
func printDiff(s *Streams, r *compare.Report, p *compare.Predictions, all bool) error {
	limit := shownDifferences
	if all {
		limit = -1
	}
	for _, m := range []struct {
		name string
		file compare.File
	}{{"A", r.A}, {"B", r.B}} {
		fmt.Fprintf(s.Out, "%s  %s: %s, %s\n", m.name, printable(m.file.Name), printable(m.file.Format), printable(m.file.Quantization))
	}
	fmt.Fprintln(s.Out)
	printFields(s, "graph", r.Graph, limit)
	printFields(s, "settings", r.Settings, limit)
	if r.Metadata != nil {
		printFields(s, "metadata", r.Metadata, limit)
	}
	printTokenizers(s.Out, &r.Tokenizer)
	if err := printTensors(s, r, all); err != nil {
		return err
	}
	if p != nil {
		var b strings.Builder
		printPredictions(&b, p)
		fmt.Fprint(s.Out, breakLines(b.String(), s.width()))
	}
	return s.failed()
}

// printFields prints fields that differ, at most limit of them if that is not negative.
func printFields(s *Streams, name string, fields []compare.Field, limit int) {
	if len(fields) == 0 {
		fmt.Fprintf(s.Out, "%-10s same\n", name)
		return
	}
	fmt.Fprintf(s.Out, "%-10s %s\n", name, plural(len(fields), "difference"))
	value := func(v *string) string {
		if v == nil {
			return "–"
		}
		return shorten(printable(*v), 60)
	}
	for i, f := range fields {
		if i == limit {
			fmt.Fprintf(s.Out, "  … and %d more (--all)\n", len(fields)-i)
			break
		}
		fmt.Fprintf(s.Out, "  %s: %s | %s\n", printable(f.Name), value(f.A), value(f.B))
	}
}

func printTokenizers(w io.Writer, t *compare.Tokenizer) {
	if t.Absent != "" {
		fmt.Fprintf(w, "%-10s not compared: %s\n", "tokenizer", oneLine(fmt.Errorf("%s", t.Absent)))
		return
	}
	if t.Same() {
		fmt.Fprintf(w, "%-10s same: %d tokens, %d texts encoded alike\n", "tokenizer", t.VocabA, t.Texts)
		return
	}
	fmt.Fprintf(w, "%-10s differs\n", "tokenizer")
	if t.VocabA != t.VocabB {
		fmt.Fprintf(w, "  vocabulary: %d tokens | %d\n", t.VocabA, t.VocabB)
	}
	if t.First != nil {
		fmt.Fprintf(w, "  spellings of tokens: %d differ, first %d: %s | %s\n", t.Unequal, t.First.ID, printable(t.First.A), printable(t.First.B))
	}
	if t.Specials > 0 {
		fmt.Fprintf(w, "  special tokens: %d are special in one only\n", t.Specials)
	}
	if t.Merges != nil && *t.Merges > 0 {
		fmt.Fprintf(w, "  merges: %d differ\n", *t.Merges)
	}
	if t.Scores != nil && *t.Scores > 0 {
		fmt.Fprintf(w, "  scores: %d differ\n", *t.Scores)
	}
	if t.Split != nil {
		fmt.Fprintf(w, "  rule of splitting (pre): %s | %s\n", printable(*t.Split.A), printable(*t.Split.B))
	}
	if e := t.Example; e != nil {
		fmt.Fprintf(w, "  %d of %d texts are encoded differently, such as %q: %v | %v\n", t.Encoded, t.Texts, e.Text, e.A, e.B)
	}
}

// printTensors prints one line for what is the same, and a table of the tensors that
// differ, or of all.
func printTensors(s *Streams, r *compare.Report, all bool) error {
	differing := r.Differing()
	same := len(r.Tensors) - len(differing)
	if len(differing) == 0 {
		fmt.Fprintf(s.Out, "%-10s same: all %d\n", "tensors", same)
	} else {
		fmt.Fprintf(s.Out, "%-10s %s, %d the same\n", "tensors", plural(len(differing), "difference"), same)
	}
	shown := differing
	if all {
		for i := range r.Tensors {
			if r.Tensors[i].Same() {
				shown = append(shown, r.Tensors[i])
			}
		}
	} else {
		shown = shown[:min(len(shown), shownDifferences)]
	}
	if len(shown) == 0 {
		return nil
	}
	var rows [][]string
	for i := range shown {
		t := &shown[i]
		dims := shape(t.ShapeA)
		if t.Missing() == "A" {
			dims = shape(t.ShapeB)
		}
		types := t.TypeA
		if t.TypeB != t.TypeA {
			types += " | " + t.TypeB
		}
		rows = append(rows, []string{t.Name, dims, types, tensorDifference(t)})
	}
	if err := printTable(s.Out, s.width(), []column{{name: "tensor"}, {name: "shape", right: true}, {name: "type"}, {name: "difference", cut: true}}, rows); err != nil {
		return err
	}
	if n := len(differing) - len(shown); n > 0 {
		fmt.Fprintf(s.Out, "  … and %d more (--all)\n", n)
	}
	return nil
}

// tensorDifference says in a line how a tensor differs.
func tensorDifference(t *compare.Tensor) string {
	if m := t.Missing(); m != "" {
		return "not in " + m
	}
	if !slices.Equal(t.ShapeA, t.ShapeB) {
		return "B's shape is " + shape(t.ShapeB)
	}
	if t.Same() {
		return "same"
	}
	var parts []string
	at := func(first *[2]int) string {
		if first == nil {
			return ""
		}
		return fmt.Sprintf(", first at row %d, column %d", first[0], first[1])
	}
	if t.Twin != "" {
		parts = append(parts, "A's weights are B's "+t.Twin)
	}
	if c := t.Codes; c != nil && c.Differ > 0 {
		parts = append(parts, fmt.Sprintf("%d codes (%.3g %%)%s", c.Differ, 100*c.Share, at(c.First)))
	}
	if c := t.Scales; c != nil && c.Differ > 0 {
		parts = append(parts, fmt.Sprintf("scale %g | %g (%.3g %%)", c.A, c.B, 100*c.Most))
	}
	if v := t.Values; v != nil && v.Differ > 0 {
		text := fmt.Sprintf("%d values (%.3g %%), relative %.3g, largest %.3g, mean %.3g%s", v.Differ, 100*float64(v.Differ)/float64(v.Total), v.Relative, v.Max, v.Mean, at(v.First))
		if v.NotFinite > 0 {
			text += fmt.Sprintf(", %d not finite", v.NotFinite)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

func printPredictions(w io.Writer, p *compare.Predictions) {
	fmt.Fprintf(w, "%-10s %s in %s\n", "logits", plural(p.Positions, "position"), plural(p.Texts, "text"))
	fmt.Fprintf(w, "  KL divergence (nats): mean %.3g, median %.3g, 90 %% %.3g, 99 %% %.3g, largest %.3g\n", p.KL.Mean, p.KL.P50, p.KL.P90, p.KL.P99, p.KL.Max)
	fmt.Fprintf(w, "  largest difference of a logit: %.3g\n", p.Most)
	fmt.Fprintf(w, "  same likeliest token: %.2f %%", 100*p.SameTop)
	if f := p.First; f != nil {
		fmt.Fprintf(w, ", first other in text %d after token %d: %d | %d", f.Text+1, f.Position+1, f.A, f.B)
	}
	fmt.Fprintln(w)
}
