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
// A verb with --html fills a page from what it has measured anyway, and writes it in
// the place of an older one only when it is complete, as the example of [Page.Write]
// does:
//
//	err := encoding.WriteFile(path, page.Write)
//
// For many tensors, [Shares] and [Bars] take one category a tensor or layer and stay
// readable with hundreds. [Lines] is for hundreds of points: means of some positions each.
//
// Names, texts and values may come from a file nobody has checked: they are escaped,
// control characters are replaced, and a value that cannot be drawn (not a number,
// infinite, not positive on a logarithmic axis) is left out and counted below the
// plot. What is around a value, a band or an error, is cut at the foot of the plot.
// So there is no data that makes a broken page, and the only errors are those of
// the writer.
//
// A series has one colour on the whole page, by its name: give the same thing the same
// name in every plot. There are seven; with more names than that, two share one, but
// not in the same plot, where the second has another kind of line, filling or point. The
// colours are Okabe and Ito's (https://jfly.uni-koeln.de/color/), which stay apart for
// colour-blind readers, and the names in [Ternary] have three of their own. What lines,
// bars and histograms show is in a table under them, too, unless there are hundreds of
// values. The same page gives the same bytes.
//
// To see a page: go test ./bitnet-cli/internal/report -page /tmp/example.html
package report
