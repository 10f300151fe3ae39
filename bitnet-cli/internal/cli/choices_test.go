package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-inference/choices"
)

const questions = `{"context":"Once upon a","endings":[" time"," xylophone"],"answer":0}
{"context":"The fox said: Good","endings":[" quadratic"," morning"],"answer":1}
{"context":"The king and the","endings":[" queen"," zebu of the Sahel"],"answer":1}
`

// TestChoices: what is printed of items, of all, and for people, fits together; and the
// reference path chooses alike.
func TestChoices(t *testing.T) {
	path := filepath.Join(t.TempDir(), "questions.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(questions), 0o600))
	ask := func(args ...string) string {
		out, err := command(t, append([]string{"choices", "-f", path}, args...)...)
		require.NoError(t, err)
		return out
	}
	decisions := func(out string) (all []choices.Result) {
		for line := range strings.Lines(out) {
			var r choices.Result
			require.NoError(t, json.Unmarshal([]byte(line), &r))
			all = append(all, r)
		}
		return all
	}
	fast, slow := decisions(ask("--items")), decisions(ask("--items", "--reference"))
	require.Len(t, fast, 3)
	for i, r := range fast {
		require.Equal(t, i, r.Item)
		require.Equal(t, []int{0, 1, 0}[i], r.Sum, "the model knows better")
		require.Equal(t, slow[i].Sum, r.Sum)
		require.InDeltaSlice(t, slow[i].LogProbs, r.LogProbs, 0.3)
	}
	var all choicesJSON
	require.NoError(t, json.Unmarshal([]byte(ask("--json")), &all))
	require.Equal(t, 3, all.Items)
	require.InDelta(t, 2./3, all.Acc.Mean, 1e-9)
	require.Contains(t, ask(), "66.67 % ± 33.33 %")
	require.NotContains(t, ask("-n", "1"), "NaN")

	one, drawn := decisions(ask("--items", "-n", "2")), decisions(ask("--items", "--seed", "7"))
	require.Equal(t, fast[:2], one)
	require.ElementsMatch(t, fast, drawn)
	require.Equal(t, drawn[:2], decisions(ask("--items", "--seed", "7", "-n", "2")))

	// The last of the file cannot be asked, wherever it is drawn.
	long := questions + `{"context":"` + strings.Repeat("The fox ran. ", 10) + `","endings":["` + strings.Repeat(" long", 2000) + `"," no"],"answer":1}` + "\n"
	require.NoError(t, os.WriteFile(path, []byte(long), 0o600))
	for _, seed := range []string{"1", "4", "5", "6", "7", "8"} {
		_, err := command(t, "choices", "-f", path, "--seed", seed)
		require.ErrorContains(t, err, "item 4: ")
	}
}

func TestChoicesFaults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "questions")
	require.NoError(t, os.WriteFile(path, []byte(questions), 0o600))
	for _, tt := range []struct{ args, fault string }{
		{"", "give the questions with -f FILE"},
		{"-f x --format csv", `--format is "csv", want instructions, lines or jsonl`},
		{"-f x -n -1", "-n is -1"},
		{"-f x --items --json", "drop one of them"},
		{"-f x --head q2", `--head is "q2"`},
		{"-f /none/x", "cannot read the questions"},
		{"--format lines -f " + path, path + ", read as lines: the number of lines is 3"},
	} {
		_, err := command(t, append([]string{"choices"}, strings.Fields(tt.args)...)...)
		require.ErrorContains(t, err, tt.fault)
		require.NotContains(t, err.Error(), "\n")
	}
}
