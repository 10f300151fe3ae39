package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-inference/hub/hubtest"
	"github.com/bitnet-go/bitnet/bitnet-inference/score/saved"
)

// TestPageRefused: what cannot become a page is refused before any work, by one line, and
// stays as it was.
func TestPageRefused(t *testing.T) {
	text, _ := tale(t)
	dir := t.TempDir()
	t.Chdir(dir)
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--html="}, "--html is empty"},
		{[]string{"--html", text}, "--html " + text + " is there already and is no page of this program, so it is not replaced"},
		{[]string{"--html", dir}, dir + " is there already and is no file"},
		{[]string{"--html", filepath.Join(dir, "none", "page.html")}, "cannot write the page: "},
		{[]string{"--html", strings.Repeat("x", 250)}, "cannot write the page: "}, // what stands in for it until it is complete has a longer name
		{[]string{"--html", dir + "/x", "--kl-save", dir + "/./x"}, "--html and --kl-save name one file"},
		{[]string{"--html", dir + "/x", "--kl-save", "x"}, "--html and --kl-save name one file"},
	} {
		out, err := command(t, append([]string{"perplexity", "-f", text}, tt.args...)...)
		require.ErrorContains(t, err, tt.want)
		require.NotContains(t, err.Error(), "\n")
		require.NotContains(t, out, "perplexity ")
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

// TestPageAfterResults: a page that cannot be written costs no result: neither what is
// printed, nor a file of the same run that has another name for the same place.
func TestPageAfterResults(t *testing.T) {
	text, _ := tale(t)
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	predictions := filepath.Join(dir, "predictions")
	out, err := command(t, "perplexity", "-f", text, "-c", "64", "--kl-save", predictions, "--html", filepath.Join(link, "predictions"))
	require.ErrorContains(t, err, "is there already and is no page")
	require.Contains(t, out, "perplexity ")
	require.True(t, saved.Is(predictions))

	model := filepath.Join(dir, "model.gguf")
	code, out, errs := runQuantize(t.Context(), golden.Path(t, "models", "stories260K", "stories260K.f32.gguf"), model, "--html", filepath.Join(link, "model.gguf"))
	require.Equal(t, exitError, code)
	require.Contains(t, errs, "is there already and is no page")
	require.Contains(t, out, "wrote "+model)
	require.FileExists(t, model)
}

// TestPageOfHubModel: a model of the hub has its name there, and the commit.
func TestPageOfHubModel(t *testing.T) {
	weights, err := os.ReadFile(golden.Committed(t, "golden", "ternary", "models", "tiny-b158-tq2_0.gguf"))
	require.NoError(t, err)
	server := hubtest.New(hubtest.Repo{Name: "org/tiny", Files: []hubtest.File{{Path: "tiny.gguf", Data: weights, LFS: true}}})
	defer server.Close()
	dir := t.TempDir()
	for name, value := range map[string]string{"HF_ENDPOINT": server.URL(), "HF_HUB_CACHE": filepath.Join(dir, "hub"), "HF_HUB_OFFLINE": "", "HF_TOKEN": "", "HF_HOME": dir} {
		t.Setenv(name, value)
	}
	_, err = command(t, "pull", "hf.co/org/tiny")
	require.NoError(t, err)
	text, _ := tale(t)
	file := filepath.Join(dir, "page.html")
	_, err = command(t, "perplexity", "hf.co/org/tiny", "-f", text, "-c", "16", "--kl-base", "hf.co/org/tiny:tiny.gguf", "--html", file)
	require.NoError(t, err)
	page := readPage(t, file)
	requirePage(t, page, []string{"Figures", "Divergence", "By position", "By token"},
		"<h1>Predictions of hf.co/org/tiny against those of hf.co/org/tiny:tiny.gguf</h1>")
	require.Regexp(t, `<th scope="row">file of the model</th><td>tiny.gguf</td></tr>\s*<tr><th scope="row">commit of the model</th><td>[0-9a-f]{40}</td>`, page)
}
