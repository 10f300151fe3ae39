package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// TestStandardInput: - is standard input for all that measure on a text, with the same
// result as from a file, also where two models read it; and a text that is not there is
// known before a model is opened.
func TestStandardInput(t *testing.T) {
	path, text := tale(t)
	dir := t.TempDir()
	docs, questions := filepath.Join(dir, "docs.json"), filepath.Join(dir, "questions.jsonl")
	array, question := `["One fox.", "Two crows sing."]`, `{"context":"a fox","endings":[" sang"," ran"],"answer":0}`+"\n"
	require.NoError(t, os.WriteFile(docs, []byte(array), 0o600))
	require.NoError(t, os.WriteFile(questions, []byte(question), 0o600))
	dense := golden.Path(t, "models", "stories260K", "stories260K.f32.gguf")
	for _, c := range []struct {
		command       string
		path, content string
	}{
		{"perplexity -m fable -f", path, text},
		{"perplexity -m fable --kl-base fable -f", path, text},
		{"perplexity -m fable --docs", docs, array},
		{"choices -m fable --items -f", questions, question},
		{"calibrate -m fable --measure 0 -f", path, text},
		{"embed -m fable -f", path, text},
		{"quantize " + dense + " " + filepath.Join(dir, "m.gguf") + " --dry-run --text", path, text},
	} {
		run := func(file, in string) (code int, out, errs string) {
			var stdout, stderr bytes.Buffer
			s := &Streams{In: strings.NewReader(in), Out: &stdout, Err: &stderr}
			code = execute(t.Context(), append(strings.Fields(c.command), file), s)
			return code, stdout.String(), stderr.String()
		}
		code, want, errs := run(c.path, "")
		require.Zero(t, code, errs)
		code, got, errs := run("-", c.content)
		require.Zero(t, code, errs)
		require.Equal(t, want, got, c.command)
		code, _, errs = run("-", "")
		require.Equal(t, exitError, code)
		require.Contains(t, errs, "standard input", c.command)

		c.command = strings.Replace(c.command, "-m fable", "-m no/such.gguf", 1)
		code, _, errs = run("no/such.txt", "")
		require.Equal(t, exitError, code)
		require.Contains(t, errs, "open no/such.txt: ", c.command)
	}
}
