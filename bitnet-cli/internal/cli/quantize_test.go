package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-inference/transcode"
)

// runQuantize runs the command and returns its exit code and output.
func runQuantize(ctx context.Context, args ...string) (code int, out, errs string) {
	var stdout, stderr bytes.Buffer
	s := &Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr}
	root := newRoot(s)
	root.SetArgs(append([]string{"quantize"}, args...))
	cmd, err := root.ExecuteContextC(ctx)
	return report(s, cmd, err), stdout.String(), stderr.String()
}

// quantized is what the tests read of --json.
type quantized struct {
	Target string
	Bytes  int64
	Steps  []struct{ Name, Type string }
	Notes  []string
	Survey struct {
		Scale    string
		Searched bool
		Tensors  []struct {
			Name   string
			Scale  float32
			Minus  float64
			Zero   float64
			Plus   float64
			Errors []struct {
				Scale    string
				Columns  int
				Error    float64 `json:"relative_error"`
				Written  bool
				Searched bool
			}
			Output *transcode.OutputError `json:"output_error"`
		}
		Declared, Trained bool
	}
	Before     quantizePerplexity  `json:"perplexity_before"`
	After      *quantizePerplexity `json:"perplexity_after"`
	Warning    string
	Importance *quantizeImportance
	DryRun     bool `json:"dry_run"`
}

func quantizeJSON(t *testing.T, args ...string) (q quantized) {
	t.Helper()
	code, out, errs := runQuantize(t.Context(), append(args, "--json")...)
	require.Zero(t, code, errs)
	require.NoError(t, json.Unmarshal([]byte(out), &q))
	return q
}

// TestQuantizeMaster: masters of a ternary model become the model that loading them gives.
func TestQuantizeMaster(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes under the race detector, and its parts are tested there")
	}
	src := golden.Path(t, "models", "fable-29m-master")
	docs := golden.Path(t, "models", "fable-29m", "eval_docs.json")
	q := quantizeJSON(t, src, filepath.Join(t.TempDir(), "m.gguf"), "--docs", docs)
	require.True(t, q.Survey.Declared)
	require.True(t, q.Survey.Trained)
	require.Empty(t, q.Warning)
	require.InEpsilon(t, *q.Before.Perplexity, *q.After.Perplexity, 1e-6)
	require.InEpsilon(t, 19.117, *q.After.Perplexity, 1e-3) // as docs/quantize.md has it
	require.Equal(t, 12738, q.After.Tokens)
	require.Len(t, q.Survey.Tensors, 56)
	require.FileExists(t, q.Target)

	q = quantizeJSON(t, src, filepath.Join(t.TempDir(), "m.gguf"), "--type", "tq2_0", "--scale", "row", "--dry-run")
	require.Contains(t, q.Warning, "trained with one scale for a tensor")
	for _, e := range q.Survey.Tensors[0].Errors {
		require.Equal(t, e.Scale == "row", e.Written)
	}
	require.True(t, q.DryRun)
	require.Nil(t, q.After)
	require.NoFileExists(t, q.Target)
}

// TestQuantizeToNameOfModel: what is measured afterwards is what was written, whatever its name
// means as a model.
func TestQuantizeToNameOfModel(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes under the race detector, and its parts are tested there")
	}
	src, err := filepath.Abs(golden.Path(t, "models", "fable-29m-master"))
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("text", []byte(strings.Repeat("Once upon a time there was a fox. ", 8)), 0o600))
	q := quantizeJSON(t, src, "fable", "--text", "text")
	require.InEpsilon(t, *q.Before.Perplexity, *q.After.Perplexity, 1e-6)
	require.Equal(t, "fable", q.Target)
}

// TestQuantizeDense: a model that was not trained for it is destroyed, and the report
// says so.
func TestQuantizeDense(t *testing.T) {
	src := golden.Path(t, "models", "stories260K", "stories260K.f32.gguf")
	dir := t.TempDir()
	text, dst := filepath.Join(dir, "text"), filepath.Join(dir, "m.gguf")
	require.NoError(t, os.WriteFile(text, []byte(strings.Repeat("Once upon a time, there was a little girl named Lily. She loved to play outside in the park. ", 8)), 0o600))
	q := quantizeJSON(t, src, dst, "--text", text, "-c", "256")
	require.False(t, q.Survey.Trained)
	require.Equal(t, "nothing in these weights speaks for training with ternary weights: ternarizing such a model destroys it", q.Warning)
	require.Greater(t, *q.After.Perplexity, 20**q.Before.Perplexity)

	code, out, errs := runQuantize(t.Context(), src, dst, "--force", "--text", text, "-c", "256")
	require.Zero(t, code, errs)
	require.Contains(t, out, "warning: nothing in these weights")
	require.Contains(t, out, "tensor*")
	require.Regexp(t, `perplexity over \d+ tokens: before [\d.]+, after [\d.]+\n`, out)
	require.Contains(t, out, "blk.*.attn_q.weight")
	require.Contains(t, out, "wrote "+dst)
	code, out, _ = runQuantize(t.Context(), src, filepath.Join(dir, "other.gguf"), "--verbose", "--dry-run", "--text", text)
	require.Zero(t, code)
	require.Contains(t, out, "blk.4.attn_q.weight")
	require.Contains(t, out, "after not measured")
	require.NoFileExists(t, filepath.Join(dir, "other.gguf"))
}

// TestQuantizeMixed: where tensors have scales of several kinds, the table says of each which.
func TestQuantizeMixed(t *testing.T) {
	src := golden.Path(t, "models", "stories260K", "stories260K.f32.gguf")
	dir := t.TempDir()
	page := filepath.Join(dir, "page.html")
	for _, first := range []string{"attn_q", "attn_v"} {
		code, out, errs := runQuantize(t.Context(), src, filepath.Join(dir, "m.gguf"), "--type", "q2_0", "--scale", "row", "--tensor-type", first+"|ffn=i2_s", "--dry-run", "--html", page)
		require.Zero(t, code, errs)
		require.NotContains(t, out, "tensor*")
		require.NotContains(t, out, "row*")
		require.Contains(t, out, "with a scale for a tensor, a row, a group of 256, a group of 128, a group of 64, the largest of all layers; * is written")
		for name, columns := range map[string]string{first: "10000", "ffn_up": "10000", "attn_k": "01000", "all": "11000"} {
			row := regexp.MustCompile(`(?m)^(blk\.\*\.)?` + name + `(\.weight)? .*$`).FindString(out)
			var marks string
			for _, cell := range regexp.MustCompile(`[\d.]+ %(\*?)`).FindAllStringSubmatch(row, -1)[3:] { // after the shares
				marks += strconv.Itoa(len(cell[1]))
			}
			require.Equal(t, columns, marks, row)
		}
		require.Contains(t, readPage(t, page), "with one scale for a tensor or a row")
		require.NotContains(t, readPage(t, page), "(written)")
	}
}

// TestQuantizeRefused: each refusal is one line that names the remedy, and nothing is made.
func TestQuantizeRefused(t *testing.T) {
	dense := golden.Committed(t, "golden", "embed", "qwen3")
	packed := golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed")
	trilm := golden.Committed(t, "golden", "families", "trilm")
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("there.gguf", []byte("x"), 0o600))
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{dense}, exitUsage, "quantize wants two names, the model and what to make"},
		{[]string{"fable", "m.gguf"}, exitError, "the weights of fable are ternary already: to have it in other types use bitnet convert"},
		{[]string{packed, "m.gguf"}, exitError, "has the type U8; to have other types use bitnet convert"},
		{[]string{trilm, "m.gguf"}, exitError, "its floats are -s, 0 and s; to have other types use bitnet convert"},
		{[]string{"none", "m.gguf"}, exitError, `model "none": no such file or directory`},
		{[]string{dense, "there.gguf"}, exitError, "there.gguf is there already: remove it, name another file, or replace it with --force"},
		{[]string{dense, "m.gguf", "--type", "f16"}, exitError, `the type "f16" is not a ternary one`},
		{[]string{dense, "m.gguf", "--scale", "row"}, exitError, "for one for each row choose tq1_0, tq2_0 or q2_0"},
		{[]string{dense, "m", "--scale", "group"}, exitError, "the packed type of a directory has one scale for a tensor"},
		{[]string{dense, "m.gguf", "--scale", "head"}, exitError, `the scale is for a "head", want tensor, row or group`},
		{[]string{dense, "m.gguf", "--target-size", "much"}, exitUsage, `--target-size is "much", want a number of bytes such as 900MiB or 1.2GB`},
		{[]string{dense, "m.gguf", "--target-size", "1KiB"}, exitError, "m.gguf cannot have 1024 bytes: the smallest possible"},
		{[]string{dense, "m", "--target-size", "1GB"}, exitError, "a target size is for .gguf files"},
		{[]string{dense, "m.gguf", "--text", "a", "--docs", "b"}, exitUsage, "either --text FILE or --docs FILE"},
		{[]string{dense, "m.gguf", "--text", "a", "--type", "tq2_0", "--scale", "group"}, exitUsage, "this program does not run models with a scale for each group"},
		{[]string{dense, "m.gguf", "--text", "a", "--no-tokenizer"}, exitUsage, "a text needs the tokenizer"},
		{[]string{dense, "m.gguf", "--text", "there.gguf"}, exitError, "tokenizer"},
		{[]string{"hf.co/a/b", "m.gguf", "--text", "none"}, exitError, "cannot read the text: open none: no such file or directory"}, // before anything is downloaded
		{[]string{dense, "m.gguf", "-c", "1"}, exitUsage, "-c is 1, want at least 2 tokens"},
		{[]string{dense, "m.gguf", "-t", "-1"}, exitUsage, "-t is -1"},
		{[]string{"hf.co/a/b", "m.gguf", "--html", "there.gguf"}, exitError, "--html there.gguf is there already"}, // before anything is downloaded
	} {
		code, out, errs := runQuantize(t.Context(), tt.args...)
		require.Equal(t, tt.code, code, "%v: %s", tt.args, errs)
		require.Empty(t, out)
		require.Contains(t, errs, tt.want)
		require.Equal(t, code-exitError+1, strings.Count(errs, "\n"), errs) // usage has a second line
		all, err := os.ReadDir(".")
		require.NoError(t, err)
		require.Len(t, all, 1)
	}
}

// TestQuantizeInterrupted leaves nothing behind.
func TestQuantizeInterrupted(t *testing.T) {
	dense := golden.Committed(t, "golden", "embed", "qwen3")
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, out, _ := runQuantize(ctx, dense, "m.gguf")
	require.Equal(t, exitInterrupted, code)
	require.Empty(t, out)
	all, err := os.ReadDir(".")
	require.NoError(t, err)
	require.Empty(t, all)
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{"1": 1, "900MiB": 900 << 20, "1.5 GB": 1500000000, "2kib": 2048, "12B": 12, "3mb": 3e6} {
		got, err := parseSize(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "MiB", "0", "-1", "1TBB", "NaN", "inf", "1e30GB"} {
		_, err := parseSize(text)
		require.Error(t, err, text)
	}
}
