// Package report turns measurements into one HTML page: facts, texts, tables and
// plots.
//
// A page is one file that needs nothing else: no network, no script, no font. It
// follows the light or dark setting of the reader's system, prints on white, and
// scrolls wide plots sideways on a phone. Every plot is an SVG drawing in the page;
// pointing at a mark shows its exact values.
//
// A [Page] has [Section]s, a section has [Block]s: [Text], [Table], and the plots
//
//	Bars       a value of each category and series   error by layer
//	Shares     parts of a whole by category          ternary codes by tensor
//	Histogram  counts in bins                        activations of a layer
//	Lines      values along an axis, with bands      divergence by position
//	Scatter    points                                error against size
//
// A verb with --html fills a page from what it has measured anyway and writes it in
// the place of an older one only when it is complete:
//
//	page := report.Page{
//		Title:    "Perplexity of " + name,
//		Subtitle: "18.96 ± 0.12 over 40,960 tokens of wiki.txt",
//		Program:  "bitnet " + buildVersion().String(),
//		Made:     time.Now(),
//		Facts:    []report.Fact{{"parameters", count(n)}, {"weights", "ternary"}},
//		Sections: []report.Section{{
//			Title: "Divergence",
//			Blocks: []report.Block{
//				report.Text("How far the model is from its base, token by token."),
//				report.Lines{
//					Title:  "By position",
//					X:      report.Axis{Label: "position", Unit: "tokens"},
//					Y:      report.Axis{Label: "KL divergence", Unit: "nats", Log: true},
//					Series: []report.Line{{Name: "mean", Y: mean, Low: p5, High: p95, Band: "5–95 %"}},
//				},
//			},
//		}},
//	}
//	err := encoding.WriteFile(path, page.Write)
//
// Names, texts and values may come from a file nobody has checked: they are escaped,
// control characters are replaced, and a value that cannot be drawn (not a number,
// infinite, not positive on a logarithmic axis) is left out and counted below the
// plot. So there is no data that makes a broken page, and the only errors are those of
// the writer.
//
// A series has one colour on the whole page, by its name: give the same thing the same
// name in every plot. The colours are Okabe and Ito's (https://jfly.uni-koeln.de/color/),
// which stay apart for colour-blind readers, and the names in [Ternary] have three of
// their own. The same page gives the same bytes.
package report
