package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// runDiff runs the command and returns its exit code and output.
func runDiff(t *testing.T, in string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	s := &Streams{In: strings.NewReader(in), Out: &stdout, Err: &stderr}
	code = execute(t.Context(), append([]string{"diff"}, args...), s)
	return code, stdout.String(), stderr.String()
}

func TestDiff(t *testing.T) {
	src := golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed")
	dir := t.TempDir()
	same, lossy := filepath.Join(dir, "same.gguf"), filepath.Join(dir, "lossy.gguf")
	code, _, errs := runConvert(t, src, same)
	require.Zero(t, code, errs)
	code, _, errs = runConvert(t, src, lossy, "--tensor-type", "ffn_up=f16", "--embedding", "q8_0", "--allow-lossy")
	require.Zero(t, code, errs)

	code, out, errs := runDiff(t, "", src, same)
	require.Equal(t, exitOK, code, errs)
	require.Empty(t, errs)
	require.Regexp(t, `(?m)^graph +same$`, out)
	require.Regexp(t, `(?m)^tensors +same: all \d+$`, out)
	require.NotContains(t, out, "blk.0")
	_, out, _ = runDiff(t, "", src, same, "--all")
	require.Regexp(t, `(?m)^blk\.0\.attn_q .* packed uint8 \| I2_S +same$`, out)

	code, out, errs = runDiff(t, "", same, lossy, "--ids", "1,2,3,4")
	require.Equal(t, exitDiffers, code)
	require.Empty(t, errs, "a difference is no error")
	require.Regexp(t, `(?m)^token_embd .* \| Q8_0 +\d+ values`, out)
	require.Regexp(t, `(?m)^logits +4 positions in 1 text$`, out)

	code, out, _ = runDiff(t, "", same, lossy, "--ids", "1,2,3,4", "--json")
	require.Equal(t, exitDiffers, code)
	var d struct {
		Same    bool
		Tensors []struct {
			Name   string
			Values *struct{ Differ int }
		}
		Predictions struct {
			Positions int
			KL        struct{ Mean, Max float64 }
			SameTop   float64 `json:"same_top"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(out), &d))
	require.False(t, d.Same)
	require.Equal(t, "token_embd", d.Tensors[0].Name)
	require.Positive(t, d.Tensors[0].Values.Differ)
	require.Equal(t, 4, d.Predictions.Positions)
	require.Positive(t, d.Predictions.KL.Max)
}

// TestDiffOnline: the flag that a conversion was made with holds for the side that it fits.
func TestDiffOnline(t *testing.T) {
	src := golden.Committed(t, "golden", "families", "trilm")
	made := filepath.Join(t.TempDir(), "made.gguf")
	code, _, errs := runConvert(t, src, made, "--quantization", "online")
	require.Zero(t, code, errs)
	code, _, _ = runDiff(t, "", src, made)
	require.Equal(t, exitDiffers, code)
	for _, pair := range [][]string{{src, made}, {made, src}, {src, src}} {
		code, out, errs := runDiff(t, "", append(pair, "--quantization", "online")...)
		require.Equal(t, exitOK, code, out+errs)
		require.Contains(t, out, "made ternary while loading")
	}
	code, _, errs = runDiff(t, "", made, made, "--quantization", "online")
	require.Equal(t, exitTrouble, code)
	require.Contains(t, errs, "is not a Hugging Face directory")
	code, _, errs = runDiff(t, "", src, made, "--quantization", "later")
	require.Equal(t, exitTrouble, code)
	require.Contains(t, errs, `--quantization is "later"`)
}

func TestDiffTrouble(t *testing.T) {
	src := golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed")
	empty := filepath.Join(t.TempDir(), "empty.txt")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{src}, "diff wants two models"},
		{[]string{src, src, "-t", "-1"}, "-t is -1"},
		{[]string{src, "no/such.gguf"}, "no such file"},
		{[]string{src, src, "-p", "a"}, "neither model has a tokenizer"},
		{[]string{src, src, "--ids", "1,99999999"}, "outside the vocabulary"},
		{[]string{src, src, "-f", empty}, "no prompts in the file"},
		{[]string{src, src, "-f", "no/such.txt"}, "cannot read the prompt"},
	} {
		code, out, errs := runDiff(t, "", c.args...)
		require.Equal(t, exitTrouble, code, c.args)
		require.Contains(t, errs, c.want)
		require.Empty(t, out)
	}
	code, _, errs := runDiff(t, `["a", 1]`, src, src, "-f", "-")
	require.Equal(t, exitTrouble, code)
	require.Contains(t, errs, "JSON array of strings")
}

// TestDiffFable reads prompts of a file; the model is the same in both forms.
func TestDiffFable(t *testing.T) {
	src := golden.Path(t, "models", "fable-29m")
	for _, in := range []string{"Once upon a time\n\nThe little girl\n", `["Once upon a time", "The little girl"]`} {
		code, out, errs := runDiff(t, in, "fable", src, "-f", "-")
		require.Equal(t, exitOK, code, errs)
		require.Regexp(t, `(?m)^tokenizer +same: 8192 tokens`, out)
		require.Regexp(t, `(?m)^logits +\d+ positions in 2 texts$`, out)
		require.Contains(t, out, "same likeliest token: 100.00 %\n")
	}
}

func TestDiffPrompts(t *testing.T) {
	for in, want := range map[string][]string{
		`["a", "b"]`:                {"a", "b"},
		"[\n  \"a\",\n  \"b\"\n]\n": {"a", "b"},
		`[ "a" ]`:                   {"a"},
		"[1] a line\r\n\n[x]\n":     {"[1] a line", "[x]"},
		"[\n":                       {"["},
	} {
		var o diffOptions
		require.NoError(t, o.setPrompt(prompt{text: in}, true), in)
		require.Equal(t, want, o.texts, in)
	}
	for in, want := range map[string]string{"[]": "no prompts in the file", " [ ]\n": "no prompts", "\n\n": "no prompts", `["a", 1]`: "JSON array of strings"} {
		var o diffOptions
		require.ErrorContains(t, o.setPrompt(prompt{text: in}, true), want, in)
	}
	var o diffOptions
	require.NoError(t, o.setPrompt(prompt{text: `["a"]`}, false))
	require.Equal(t, []string{`["a"]`}, o.texts, "what -p gives is no file")
}
