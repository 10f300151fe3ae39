package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-inference/choices"
)

// TestChoicesPage: the page has what --json prints, by number of endings, too, and the same
// is printed with it.
func TestChoicesPage(t *testing.T) {
	dir := t.TempDir()
	path, file := filepath.Join(dir, "questions.jsonl"), filepath.Join(dir, "page.html")
	three := `{"context":"The sea was","endings":[" blue"," zebra"," of of"],"answer":0}` + "\n"
	require.NoError(t, os.WriteFile(path, []byte(questions+three), 0o600))
	out, err := command(t, "choices", "-f", path, "--json", "--html", file)
	require.NoError(t, err)
	var all choicesJSON
	require.NoError(t, json.Unmarshal([]byte(out), &all))
	page := readPage(t, file)
	requirePage(t, page, []string{"Accuracy", "By number of endings", "Margin"},
		"<h1>Questions for fable</h1>", "questions.jsonl", "4 questions<", "chance: 45.8",
		percent(all.Acc.Mean, *all.Acc.StdErr)+" of 4 questions", percent(all.AccNorm.Mean, *all.AccNorm.StdErr), percent(all.AccTokens.Mean, *all.AccTokens.StdErr),
		`<tr><td class="n">2</td><td class="n">3</td><td class="n">50.00 %</td><td class="n">66.67 % ± 33.33 %</td>`,
		`<tr><td class="n">3</td><td class="n">1</td><td class="n">33.33 %</td><td class="n">100.00 %</td>`,
		`<tr><td class="n">2</td><td class="n">1</td><td class="n">0</td><td class="n">`, // it is wrong about number 2
	)

	plain, err := command(t, "choices", "-f", path, "--items", "-n", "2", "--seed", "1")
	require.NoError(t, err)
	out, err = command(t, "choices", "-f", path, "--items", "-n", "2", "--seed", "1", "--html", file)
	require.NoError(t, err, "an older page is replaced")
	require.Equal(t, plain, out)
	requirePage(t, readPage(t, file), []string{"Accuracy", "Margin"}, "2 questions, drawn by the seed 1")

	_, err = command(t, "choices", "-f", path, "--html", path)
	require.ErrorContains(t, err, "is no page of this program")
	_, err = command(t, "choices", "-f", path, "--html=")
	require.ErrorContains(t, err, "--html is empty")
}

func TestMargin(t *testing.T) {
	for _, tt := range []struct {
		answer int
		want   float64
	}{{0, -2}, {1, 1}, {2, -1}} {
		require.InDelta(t, tt.want, margin(&choices.Result{Answer: tt.answer, LogProbs: []float64{-5, -3, -4}}), 0, fmt.Sprint(tt.answer))
	}
}
