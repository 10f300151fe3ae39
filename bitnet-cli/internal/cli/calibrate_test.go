package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/contents"
	"github.com/bitnet-go/bitnet/bitnet-quant/calibrate"
)

// runCalibrated runs the command and returns its exit code and output.
func runCalibrated(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	s := &Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr}
	code = execute(t.Context(), append([]string{"calibrate"}, args...), s)
	return code, stdout.String(), stderr.String()
}

// texts writes two texts to files.
func texts(t *testing.T) (one, two string) {
	var docs []string
	golden.JSON(t, golden.Path(t, "models", "fable-29m", "eval_docs.json"), &docs)
	dir := t.TempDir()
	one, two = filepath.Join(dir, "one.txt"), filepath.Join(dir, "two.txt")
	require.NoError(t, os.WriteFile(one, []byte(docs[0]), 0o600))
	require.NoError(t, os.WriteFile(two, []byte(docs[1]), 0o600))
	return one, two
}

func calibrated(t *testing.T, args ...string) (r calibrateReport) {
	t.Helper()
	code, out, errs := runCalibrated(t, append(args, "--json")...)
	require.Zero(t, code, errs)
	require.Empty(t, errs)
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	return r
}

// TestCalibrate: the same file from any number of threads; files merged are what one run
// makes that takes them in.
func TestCalibrate(t *testing.T) {
	one, two := texts(t)
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	read := func(name string) string {
		data, err := os.ReadFile(file(name))
		require.NoError(t, err)
		return string(data)
	}
	a := calibrated(t, "-f", one, "-o", file("a"), "--measure", "0", "-t", "1")
	require.Nil(t, a.Measured)
	require.Equal(t, "fable", a.Model.Name)
	require.Len(t, a.Inputs, 32)
	require.Equal(t, []string{"qkv", "o", "gate_up", "down"}, []string{a.Inputs[0].Input, a.Inputs[1].Input, a.Inputs[2].Input, a.Inputs[3].Input})
	for _, in := range a.Inputs {
		var n uint64
		for _, bin := range in.Magnitudes {
			n += bin.Count
		}
		require.Equal(t, in.Tokens*uint64(in.Width), n)
		require.Greater(t, float64(in.AbsMax), in.RMS)
	}
	calibrated(t, "-f", one, "-o", file("again"), "--measure", "0", "-t", "3")
	require.Equal(t, read("a"), read("again"))

	b := calibrated(t, "-f", two, "-o", file("b"), "--measure", "0")
	both := calibrated(t, "--merge", file("a"), "--merge", file("b"), "-o", file("ab"))
	require.Nil(t, both.Model)
	require.Equal(t, a.Fingerprint, both.Fingerprint)
	require.Equal(t, a.Inputs[5].Tokens+b.Inputs[5].Tokens, both.Inputs[5].Tokens)
	require.Equal(t, max(a.Inputs[5].AbsMax, b.Inputs[5].AbsMax), both.Inputs[5].AbsMax)
	calibrated(t, "-f", two, "--merge", file("a"), "-o", file("a"), "--measure", "0")
	require.Equal(t, read("ab"), read("a"))
}

// TestCalibrateGains: what is measured, for people and for scripts.
func TestCalibrateGains(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes under the race detector, and its parts are tested there")
	}
	one, _ := texts(t)
	code, out, errs := runCalibrated(t, "-f", one, "--measure", "60")
	require.Zero(t, code, errs)
	require.Regexp(t, `(?m)^ +0  down +\d+ +[\d.]+ +[\d.]+ +[\d.]+ +\d\.\d{4} +\d\.\d{2} % +\w.*$`, out)
	require.Regexp(t, `(?m)^measured on 5\d tokens of the text, perplexity \d`, out)
	require.Regexp(t, `(?m)^clipping  (\d+ of 32 inputs would be cut off|nothing gained)`, out)
	require.NotContains(t, out, "from chance")
	require.Contains(t, out, "scales    do not apply: the weights are ternary")
	require.Contains(t, out, "\ncuts and scales were searched for with the statistics of these tokens, too: ")
	require.Regexp(t, `(?m)^both +Q4_0 +2\.25 MiB .* ± .*: `, out)

	r := calibrated(t, golden.Path(t, "models", "fable-29m-master"), "-f", one, "--measure", "60")
	require.Len(t, r.Measured.Scales.Tensors, 56)
	require.Positive(t, r.Measured.Scales.Weighted.Loss)
	require.Nil(t, r.Measured.Scales.Absmean)
	require.Len(t, r.Measured.Heads, 9)
	require.Positive(t, r.Measured.Perplexity)
}

// TestCalibrateHeldOut: what is measured has no part in the search if there are as many other
// tokens, of the text or of merged files; and that is said.
func TestCalibrateHeldOut(t *testing.T) {
	one, two := texts(t)
	stories := golden.Path(t, "models", "stories260K", "stories260K.f32.gguf")
	file := filepath.Join(t.TempDir(), "stats")
	whole := calibrated(t, stories, "-f", one, "-c", "100", "-o", file, "--measure", "0").Inputs[0].Tokens
	measure := func(args ...string) *calibrateGains {
		return calibrated(t, append([]string{stories, "-c", "100", "--measure", "100"}, args...)...).Measured
	}
	g := measure("-f", one)
	require.True(t, g.HeldOut)
	require.Contains(t, g.searched(), fmt.Sprintf("of %d other tokens", whole-100))
	require.Equal(t, whole-100, g.Searched)
	require.Greater(t, whole, uint64(300))

	// The first window of two with the statistics of one: those of what is behind it, too.
	merged := measure("-f", two, "--merge", file)
	require.True(t, merged.HeldOut)
	require.Greater(t, merged.Searched, whole)

	g = calibrated(t, stories, "-f", one, "-c", "100", "--measure", fmt.Sprint(whole)).Measured
	require.False(t, g.HeldOut)
	require.Equal(t, whole, g.Searched)
}

// TestCalibrateDense: activations that are not rounded have nothing to clip, and weights
// that were not trained for it are ruined, which is said.
func TestCalibrateDense(t *testing.T) {
	one, _ := texts(t)
	code, out, errs := runCalibrated(t, golden.Path(t, "models", "stories260K", "stories260K.f32.gguf"), "-f", one, "--measure", "200")
	require.Zero(t, code, errs)
	require.Contains(t, out, "clipping  does not apply")
	require.Contains(t, out, "scales    of 35 projections, weighted by importance (bitnet quantize --importance makes them)")
	code, few, errs := runCalibrated(t, golden.Path(t, "models", "stories260K", "stories260K.f32.gguf"), "-f", one, "--measure", "20")
	require.Zero(t, code, errs)
	require.Contains(t, few, "measured on 19 tokens of the text")
	require.Contains(t, few, "less than 30 tokens do not tell gains from chance")
	require.Regexp(t, `(?m)^scales    35 dense projections made ternary .*\n.*\n  loss \+[1-9].*: loss$`, out)
	require.Contains(t, out, "KL from the dense model: ")
	require.NotContains(t, out, "Q6_K", "rows of 64 weights are no whole block")
	// Nothing is rounded, whether anything is measured or there is a model at all.
	file := filepath.Join(t.TempDir(), "stats")
	read := calibrated(t, golden.Path(t, "models", "stories260K", "stories260K.f32.gguf"), "-f", one, "-o", file, "--measure", "0")
	for _, in := range append(read.Inputs, calibrated(t, "--merge", file).Inputs...) {
		require.Nil(t, in.Clip)
	}
}

// TestCalibrateNotFinite: of a model whose activations are no numbers the statistics are
// saved and shown, and the error says where it begins.
func TestCalibrateNotFinite(t *testing.T) {
	one, _ := texts(t)
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "stats")
	require.NoError(t, os.CopyFS(dir, os.DirFS(golden.Path(t, "models", "fable-29m"))))
	weights := filepath.Join(dir, "model.safetensors")
	tensors := contents.Safetensors(t, weights)
	for i := range tensors {
		if tensors[i].Name == "model.layers.3.mlp.ffn_sub_norm.weight" {
			copy(tensors[i].Data, []byte{0xc0, 0x7f}) // NaN
		}
	}
	require.NoError(t, os.Remove(weights))
	require.NoError(t, safetensors.WriteFile(weights, map[string]string{"format": "pt"}, tensors))
	code, out, errs := runCalibrated(t, dir, "-f", one, "-o", file, "--measure", "60")
	require.Equal(t, exitError, code)
	require.Regexp(t, `^bitnet: cannot measure gains: down of layer 3 is the first input with values that are not finite: `, errs)
	require.Regexp(t, `(?m)^note: \d+ tokens of layer 3, down, and some of \d+ inputs after it, have values that are not finite`, out)
	require.Contains(t, out, "saved the statistics to "+file)
	stats, err := calibrate.Load(file)
	require.NoError(t, err)
	require.Zero(t, stats.Inputs[calibrate.Key{Layer: 3, Group: "gate_up"}].NotFinite)
	require.Positive(t, stats.Inputs[calibrate.Key{Layer: 3, Group: "down"}].NotFinite)
}

func TestCalibrateMistakes(t *testing.T) {
	one, two := texts(t)
	dir := t.TempDir()
	stats, other := filepath.Join(dir, "stats"), filepath.Join(dir, "other")
	calibrated(t, "-f", one, "-o", stats, "--measure", "0")
	calibrated(t, golden.Path(t, "models", "stories260K", "stories260K.f32.gguf"), "-f", one, "-o", other, "--measure", "0")
	empty := filepath.Join(dir, "empty.txt")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	data, err := os.ReadFile(stats)
	require.NoError(t, err)
	newer := filepath.Join(dir, "newer")
	require.NoError(t, os.WriteFile(newer, bytes.Replace(data, []byte(`version":"2"`), []byte(`version":"9"`), 1), 0o600))
	closed := dir
	if runtime.GOOS == "linux" {
		closed = "/proc/stats" // to root, too
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, exitUsage, "give the text to read with -f FILE"},
		{[]string{"-f", one, "-o", ""}, exitUsage, "-o is empty"},
		{[]string{"--merge", stats, "--merge", ""}, exitUsage, "--merge is empty"},
		{[]string{"fable", "--merge", stats}, exitUsage, `no text for the model "fable"`},
		{[]string{"-f", one, "-c", "1"}, exitUsage, "-c is 1"},
		{[]string{"-f", one, "-c", "100000"}, exitUsage, "this model's context takes"},
		{[]string{"-f", one, "--measure", "1"}, exitUsage, "--measure is 1"},
		{[]string{"-f", empty}, exitError, "has no tokens"},
		{[]string{"-f", "no/such.txt"}, exitError, "cannot read the text"},
		{[]string{"-f", one, "-o", two}, exitError, "two.txt is there already and holds no statistics, so it is not replaced: name another file\n"},
		{[]string{"-f", one, "-o", newer}, exitError, `its version is "9"`},
		{[]string{"-f", "no/such.txt", "-o", "no/such"}, exitError, "cannot save"},
		{[]string{"-f", "no/such.txt", "-o", filepath.Join(two, "x")}, exitError, "cannot save"},
		{[]string{"-f", "no/such.txt", "-o", closed}, exitError, "cannot save"},
		{[]string{"--merge", stats, "-c", "9"}, exitUsage, "there is no text for --ctx-size"},
		{[]string{"--merge", stats, "--measure", "9"}, exitUsage, "there is no text for --measure"},
		{[]string{"--merge", one}, exitError, "cannot merge: calibrate: " + one + ": this is no file of activation statistics, or not a whole one: make one with"},
		{[]string{"--merge", empty}, exitError, "this is no file of activation statistics, or not a whole one"},
		{[]string{"--merge", stats, "--merge", other}, exitError, "statistics of two models"},
		{[]string{"-f", one, "--merge", other}, exitError, "the statistics to merge are not of this model: "},
	} {
		code, out, errs := runCalibrated(t, c.args...)
		require.Equal(t, c.code, code, "%v: %s", c.args, errs)
		require.Contains(t, errs, c.want)
		require.Equal(t, 1+strings.Count(errs, "Run '"), strings.Count(errs, "\n"), errs)
		require.Empty(t, out)
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 4, "nothing is left behind")
}
