package cli

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	html "github.com/bitnet-go/bitnet/bitnet-cli/internal/report"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
)

// readPage returns the text and markup of a page, checked to be well-formed and to say
// nothing of where its files are.
func readPage(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	page := string(data)
	require.Contains(t, page[:1024], pageMark)
	require.NotContains(t, page, filepath.Dir(path))
	decoder := xml.NewDecoder(strings.NewReader(strings.TrimSuffix(page[strings.Index(page, "<body>"):], "</html>\n")))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return page
		}
		require.NoError(t, err)
	}
}

// requirePage checks that a page has sections, in their order, and values.
func requirePage(t *testing.T, page string, sections []string, values ...string) {
	t.Helper()
	rest := page
	for _, s := range sections {
		_, after, found := strings.Cut(rest, "<h2>"+s+"</h2>")
		require.True(t, found, "the section %s", s)
		rest = after
	}
	require.Equal(t, len(sections), strings.Count(page, "<h2>"))
	for _, v := range values {
		_, _, found := strings.Cut(page, v)
		require.True(t, found, "the page says %q", v)
	}
}

// TestPerplexityPage: the page has what --json prints, and the same is printed with it.
func TestPerplexityPage(t *testing.T) {
	dir := t.TempDir()
	docs, file := filepath.Join(dir, "docs.json"), filepath.Join(dir, "page.html")
	require.NoError(t, os.WriteFile(docs, []byte(`["Once upon a time there was a crow.", "", "The sea was blue.", "Moon."]`), 0o600))
	args := []string{"perplexity", "--docs", docs, "--json", "--per-document"}
	plain, err := command(t, args...)
	require.NoError(t, err)
	out, err := command(t, append(args, "--html", file)...)
	require.NoError(t, err)
	require.Equal(t, plain, out)
	var got perplexityJSON
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	page := readPage(t, file)
	requirePage(t, page, []string{"By position", "By document", "By token"},
		"Perplexity of fable", "docs.json", "1 document without a token to predict",
		fmt.Sprintf("%.4f ± %.4f over %d tokens in 4 texts", *got.Perplexity, *got.StdErr, got.Tokens),
		fmt.Sprintf("%.4f nats a token", got.NLLSum/float64(got.Tokens)),
		fmt.Sprintf("<title>3\nperplexity ± error: %.4g ", *got.Documents[2].Perplexity))

	text, _ := tale(t)
	_, err = command(t, "perplexity", "-f", text, "-c", "32", "--second-half", "--html", file)
	require.NoError(t, err, "an older page is replaced")
	requirePage(t, readPage(t, file), []string{"By position", "By token"}, "tale.txt", "up to 32 tokens, of each the second half")
}

// TestComparisonPage: so it is with --kl-base, and where nothing differs.
func TestComparisonPage(t *testing.T) {
	text, _ := tale(t)
	dir := t.TempDir()
	file, saved := filepath.Join(dir, "page.html"), filepath.Join(dir, "predictions")
	_, err := command(t, "perplexity", "-f", text, "-c", "64", "--kl-save", saved, "--html", file)
	require.NoError(t, err)
	requirePage(t, readPage(t, file), []string{"By position", "By token"})
	c := kl(t, "-f", text, "-c", "64", "--kl-base", saved, "--head", "q6_k", "--html", file)
	sections := []string{"Figures", "Divergence", "By position", "By token"}
	requirePage(t, readPage(t, file), sections, "rounded to q6_k", "Predictions of fable against those of predictions",
		fmt.Sprintf("KL divergence %.6f nats", c.KL.Mean), fmt.Sprintf("%.3f %% of %d positions", 100*c.SameTop.Mean, c.Tokens),
		fmt.Sprintf("%.4f ± %.4f", *c.Perplexity, *c.StdErr), fmt.Sprintf("%.4f ± %.4f", *c.Base.Perplexity, *c.Base.StdErr),
		fmt.Sprintf("%.6f", c.KL.Quantiles["0.99"]), "KL divergence by position", "Same likeliest token by position")
	kl(t, "-f", text, "-c", "64", "--kl-base", "fable", "--html", file)
	requirePage(t, readPage(t, file), sections, "the predictions are the same")
}

// TestOverPositions: tokens are counted where they stand in their texts.
func TestOverPositions(t *testing.T) {
	line := overPositions(&html.Sample{Name: "mean", Values: []float64{1, 2, 3, 5, 9}}, []int{1, 2, 3, 1, 6}, 2)
	require.Equal(t, []float64{0.5, 2.5, 6.5}, line.X)
	require.Equal(t, []float64{3, 2.5, 9}, line.Y)
	require.Equal(t, []float64{1, 2, 9}, line.Low)
	require.Equal(t, []float64{5, 3, 9}, line.High)
	require.Equal(t, 1, positionWidth([]int{1, 64}))
	require.Equal(t, 2, positionWidth([]int{1, 65}))
}

// TestNoDivergence: what rounding leaves of none is none, and is counted as that.
func TestNoDivergence(t *testing.T) {
	require.Zero(t, measurable(1e-14))
	require.Equal(t, "0", nats(1e-14))
	require.InDelta(t, 1e-9, measurable(1e-9), 0)
	sequences := []score.Sequence{{IDs: make([]int32, 5), From: 1}}
	trace, c := &perplexityTrace{}, &score.Comparison{}
	for _, kl := range []float64{1e-14, 0, 1e-14, 0.5} {
		d := &score.Divergence{KL: kl, LogProb: -1, LogProbBase: -1}
		trace.compare(d)
		c.Add(d)
	}
	kl := c.KL()
	s := trace.divergenceSection(sequences, &kl)
	var page strings.Builder
	require.NoError(t, html.Page{Sections: []html.Section{s}}.Write(&page))
	require.Equal(t, 2, strings.Count(page.String(), "Values of KL divergence left out: 3 not positive, on a logarithmic axis."), "by position, and in the histogram")
	require.Contains(t, page.String(), "Not on the axis: median: 0.")
}
