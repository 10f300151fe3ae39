package cli

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	html "github.com/bitnet-go/bitnet/bitnet-cli/internal/report"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// TestCalibratePage: the page has each input of --json, and each effect; merged files have
// a page of statistics alone.
func TestCalibratePage(t *testing.T) {
	one, _ := texts(t)
	dir := t.TempDir()
	file, stats := filepath.Join(dir, "page.html"), filepath.Join(dir, "one.stats")
	r := calibrated(t, "-f", one, "-o", stats, "--measure", "60", "--html", file)
	page := readPage(t, file)
	require.NotContains(t, page, filepath.Dir(one))
	sections := []string{"Magnitudes", "Histograms", "Outlier channels", "Clipping", "Measured effects", "Inputs"}
	requirePage(t, page, sections, "Activations of fable", "one.txt", r.Fingerprint, fmt.Sprintf("%.4f", r.Measured.Perplexity),
		"would be cut off (tried only: no option does it); KL from exact activations: ", "Into qkv", "Into o", "Into gate_up", "Into down", "Less squared error of int8, by layer", "head Q8_0", "both Q4_0")
	cells := regexp.MustCompile(`</?t[dr][^>]*>`).ReplaceAllString(page, "|")
	cells = strings.ReplaceAll(cells, "<h2>", "")
	for _, row := range inputRows(r.Inputs) {
		requirePage(t, cells, nil, strings.Join(row, "||"))
	}
	for _, h := range r.Measured.Heads {
		if h.Effect != nil {
			requirePage(t, page, sections, fmt.Sprintf(">%.4f<", h.Effect.Perplexity), fmt.Sprintf("%.5f: ", h.Effect.StdErr)[1:])
		}
	}
	requirePage(t, page, sections, "searched for with the statistics of these tokens, too: ")

	calibrated(t, "--merge", stats, "--html", file)
	requirePage(t, readPage(t, file), []string{"Magnitudes", "Histograms", "Outlier channels", "Clipping", "Inputs"}, "one.stats", "Activations of a model")

	code, _, errs := runCalibrated(t, "-f", one, "-o", file, "--html", file)
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, "--html and -o name one file")
	code, _, errs = runCalibrated(t, "-f", one, "--html", stats)
	require.Equal(t, exitError, code)
	require.Contains(t, errs, "is no page of this program")
}

// TestCalibratePageDense: what does not apply is said.
func TestCalibratePageDense(t *testing.T) {
	one, _ := texts(t)
	file := filepath.Join(t.TempDir(), "page.html")
	r := calibrated(t, golden.Path(t, "models", "stories260K", "stories260K.f32.gguf"), "-f", one, "--measure", "100", "--html", file)
	requirePage(t, readPage(t, file), []string{"Magnitudes", "Histograms", "Outlier channels", "Clipping", "Measured effects", "Inputs"},
		"there is nothing to gain by cutting them off", "Clipping does not apply: ", ">weighted<", fmt.Sprintf(">%.4f<", r.Measured.Scales.Absmean.Perplexity))
}

// TestCalibratePageWarns: what people are told on the terminal is on the page, too.
func TestCalibratePageWarns(t *testing.T) {
	r := &calibrateReport{Inputs: []calibratedInput{{Layer: 1, Input: "o", Tokens: 9}, {Layer: 2, Input: "down", Tokens: 5, NotFinite: 4}, {Layer: 3, Input: "o", Tokens: 8, NotFinite: 1}}}
	require.Contains(t, r.page(&calibrateOptions{}).Facts,
		html.Fact{Name: "warning", Value: "4 tokens of layer 2, down, and some of 1 input after it, have values that are not finite and are left out"})
}

// TestOctaves: a bin is as high as its share for each doubling, and gaps are empty.
func TestOctaves(t *testing.T) {
	end := func(v float64) *float64 { return &v }
	bins, small := octaves(&calibratedInput{Layer: 3, Magnitudes: []magnitudeJSON{
		{From: 0, To: end(0.25), Count: 2},
		{From: 1, To: end(4), Count: 4},
		{From: 8, To: end(16), Count: 1},
		{From: 16, Count: 1},
	}})
	require.Equal(t, "layer 3", bins.Name)
	require.InDelta(t, 0.25, small, 0)
	require.Equal(t, []float64{1, 4, 8, 16, 32}, bins.Edges)
	require.Equal(t, []float64{25, 0, 12.5, 12.5}, bins.Counts)
}
