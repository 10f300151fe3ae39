package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// greedy are the flags of a short text that is the same every time.
var greedy = []string{"--temp", "0", "-n", "12"}

func fable(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	return succeeds(t, stdin, append(append([]string{"run"}, args...), greedy...)...)
}

// TestPromptsAgree gives one prompt in every way there is.
func TestPromptsAgree(t *testing.T) {
	want := fable(t, "", "Once upon a time")
	require.Equal(t, 1, strings.Count(want, "\n"), "the text and a newline: %q", want)
	require.True(t, strings.HasPrefix(want, ", "), "the first word keeps its space, the prompt stays out: %q", want)

	file := filepath.Join(t.TempDir(), "prompt")
	require.NoError(t, os.WriteFile(file, []byte("Once upon a time\n"), 0o644))
	for name, got := range map[string]string{
		"model and arguments": fable(t, "", "fable", "Once", "upon", "a time"),
		"-p":                  fable(t, "not read", "-p", "Once upon a time"),
		"-m":                  fable(t, "", "-m", "fable", "-p", "Once upon a time"),
		"-f":                  fable(t, "", "-f", file),
		"-f -":                fable(t, "Once upon a time\n", "-f", "-"),
		"stdin":               fable(t, "Once upon a time\n"),
		"ids":                 fable(t, "", "--ids", "0,1033,618,274,536"),
		"raw":                 fable(t, "", "--raw", "Once upon a time"),
		"one thread":          fable(t, "", "-t", "1", "Once upon a time"),
		"echo off":            fable(t, "", "--echo=false", "Once upon a time"),
	} {
		require.Equal(t, want, got, name)
	}
	require.Equal(t, "Once upon a time"+want, fable(t, "", "--echo", "Once upon a time"))
	require.Equal(t, "Once upon a time"+want, fable(t, "", "--echo", "--ids", "0,1033,618,274,536"))
	require.Equal(t, fable(t, "", "-p", ""), fable(t, ""), "no prompt and empty -p are the beginning of a text")
}

func TestRunJSON(t *testing.T) {
	text := fable(t, "", "Once upon a time")
	var got runOut
	decodes(t, fable(t, "", "Once upon a time", "--json"), runKeys, &got)
	require.Equal(t, []int32{0, 1033, 618, 274, 536}, got.PromptIDs)
	require.Len(t, got.IDs, 12)
	require.Equal(t, text, *got.Text+"\n")

	decodes(t, fable(t, "", "-p", "", "--json"), runKeys, &got)
	require.Equal(t, []int32{0}, got.PromptIDs)
}

func TestSeeds(t *testing.T) {
	run := func(seed int) string {
		return succeeds(t, "", "run", "The sea", "-n", "20", "--seed", fmt.Sprint(seed))
	}
	require.Equal(t, run(7), run(7))
	require.NotEqual(t, run(7), run(8))
}

func TestStopStrings(t *testing.T) {
	whole := succeeds(t, "", "run", "Once upon a time", "--temp", "0", "-n", "60")
	require.Contains(t, whole, ". ")
	first, _, _ := strings.Cut(whole, ".")
	require.Equal(t, first+"\n", succeeds(t, "", "run", "Once upon a time", "--temp", "0", "-n", "60", "--stop", ".", "--stop", "no such text"))
}

// TestContextFull: the text ends, the reason is told, and it is no failure.
func TestContextFull(t *testing.T) {
	r := bitnet(t, "", "run", "--ids", "0,1033,618", "-c", "16", "--temp", "0", "--json")
	require.Equal(t, 0, r.code)
	var got runOut
	decodes(t, r.out, runKeys, &got)
	require.LessOrEqual(t, len(got.PromptIDs)+len(got.IDs), 16)
	require.Equal(t, fmt.Sprintf("bitnet: the context of 16 tokens is full (3 of the prompt, %d new), so the text ends here\n", len(got.IDs)), r.err)

	long := strings.Repeat("word ", 600)
	failsInOneLine(t, bitnet(t, "", "run", "-p", long), "the context holds 512")
	require.Equal(t, 2, bitnet(t, "", "run", "-c", "513", "x").code)
	require.Contains(t, bitnet(t, "", "run", "-c", "513", "x").err, "takes 1 to 512 tokens")
}

func TestVerbose(t *testing.T) {
	r := bitnet(t, "", "run", "Once upon a time", "-n", "5", "--seed", "7", "--verbose")
	require.Equal(t, 0, r.code)
	for _, want := range []string{`seed +7\n`, `prefill +5 tokens in`, `decode +5 tokens in`, `guessed +\d+ tokens, \d+ of them right\n`, `context +10 of 512 tokens`, `ended by +token limit`} {
		require.Regexp(t, want, r.err)
	}
	require.Equal(t, succeeds(t, "", "run", "Once upon a time", "-n", "5", "--seed", "7"), r.out, "standard output stays as it was")
}

// TestMemReport: the report names what a run takes, on standard error or in the JSON, and
// the text stays the same.
func TestMemReport(t *testing.T) {
	args := []string{"run", "Once upon a time", "-n", "5", "--seed", "7"}
	r := bitnet(t, "", append(args, "--mem-report")...)
	require.Equal(t, 0, r.code)
	require.Equal(t, succeeds(t, "", args...), r.out)
	for _, want := range []string{
		`cpu +model file +1[45]\.\d MiB +1 `, `cpu +kv cache +4 MiB`, `cpu +activations +\d`, `fragmentation: internal \d`,
		`kvcache\.New \(kvcache/kvcache\.go:\d+\)`,
	} {
		require.Regexp(t, want, r.err)
	}
	var got struct {
		Memory struct {
			Total struct {
				Live   int64 `json:"live_bytes"`
				Allocs int64 `json:"allocs"`
			} `json:"total"`
		} `json:"memory"`
	}
	require.NoError(t, json.Unmarshal([]byte(succeeds(t, "", append(args, "--mem-report", "--json")...)), &got))
	require.Greater(t, got.Memory.Total.Live, int64(18<<20))
	require.Less(t, got.Memory.Total.Allocs, int64(20), "a token allocates nothing")
}

// TestSpeculate: a text that repeats itself comes out the same with and without
// guesses, and only with them are tokens guessed.
func TestSpeculate(t *testing.T) {
	run := func(when string) (got runOut) {
		r := bitnet(t, "", "run", "-p", strings.Repeat("The cat sat on the mat. ", 8), "-n", "80", "--temp", "0", "--ignore-eos", "--json", "--speculate", when)
		require.Equal(t, 0, r.code, r.err)
		decodes(t, r.out, runKeys, &got)
		return got
	}
	guessed, plain := run("auto"), run("off")
	require.Equal(t, plain.IDs, guessed.IDs)
	require.Zero(t, plain.Timings["drafted"])
	require.LessOrEqual(t, guessed.Timings["accepted"], guessed.Timings["drafted"])
	t.Logf("%v of %v guesses were right", guessed.Timings["accepted"], guessed.Timings["drafted"])
}

func TestSystemNeedsAChatModel(t *testing.T) {
	failsInOneLine(t, bitnet(t, "", "run", "--system", "Be brief.", "Hello"), "no chat template")
}

func TestTokenizeFable(t *testing.T) {
	const text = "Once upon <|end_of_text|>"
	encode := func(flags ...string) (ids []int32) {
		require.NoError(t, json.Unmarshal([]byte(succeeds(t, text+"\n", append([]string{"tokenize", "--json"}, flags...)...)), &ids))
		return ids
	}
	all := encode()
	require.Equal(t, int32(0), all[0])
	require.Equal(t, int32(1), all[len(all)-1])
	require.Equal(t, all[1:], encode("--no-bos"))
	plain := encode("--no-bos", "--plain-specials")
	require.NotContains(t, plain, int32(1))

	require.Equal(t, text+"\n", succeeds(t, "", "tokenize", "--decode", join(plain)))
	require.Equal(t, "<|begin_of_text|>"+text+"\n", succeeds(t, join(all), "tokenize", "--decode"))
	require.Equal(t, `"<|begin_of_text|>Once upon <|end_of_text|>"`+"\n", succeeds(t, join(all), "tokenize", "--decode", "--json"))
	table := succeeds(t, "", "tokenize", text)
	require.Regexp(t, `(?m)^ +0  <\|begin_of_text\|>$`, table)
	require.Regexp(t, `(?m)^ *\d+  "Once"$`, table)
	require.Contains(t, table, fmt.Sprintf("%d tokens, %d bytes\n", len(all), len(text)))
}

func TestTokenizeBatch(t *testing.T) {
	texts := []string{"", "a", "Once upon a time", strings.Repeat("é🙂 ", 100)}
	in, err := json.Marshal(texts)
	require.NoError(t, err)
	var ids [][]int32
	out := succeeds(t, string(in), "tokenize", "--batch", "--no-bos")
	require.NoError(t, json.Unmarshal([]byte(out), &ids))
	require.Len(t, ids, len(texts))
	require.Empty(t, ids[0])

	var back []string
	require.NoError(t, json.Unmarshal([]byte(succeeds(t, out, "tokenize", "--batch", "--decode")), &back))
	require.Equal(t, texts, back)
	r := bitnet(t, `["a", 5]`, "tokenize", "--batch")
	require.Equal(t, 1, r.code)
	require.Contains(t, r.err, "standard input, byte ")
}

func TestLogitsTable(t *testing.T) {
	out := succeeds(t, "", "logits", "Once upon a")
	require.Regexp(t, `(?m)^ +1 +536 +" time" +\d+\.\d{4} +9\d\.\d\d %$`, out)
	require.Equal(t, 11, strings.Count(out, "\n"))
}

func TestPerplexity(t *testing.T) {
	dir := t.TempDir()
	docs, text := filepath.Join(dir, "docs.json"), filepath.Join(dir, "text.txt")
	require.NoError(t, os.WriteFile(docs, []byte(`["Once upon a time there was a king.", "The sea was blue.", ""]`), 0o644))
	require.NoError(t, os.WriteFile(text, []byte("Once upon a time there was a king. The sea was blue."), 0o644))
	type result struct {
		Tokens     int
		NLLSum     float64 `json:"nll_sum"`
		Perplexity float64
		StdErr     float64
	}
	keys := []string{"tokens", "nll_sum", "perplexity", "stderr"}
	var fast, slow, windows result
	decodes(t, succeeds(t, "", "perplexity", "--docs", docs, "--json"), keys, &fast)
	decodes(t, succeeds(t, "", "perplexity", "-m", "fable", "--docs", docs, "--reference", "--json"), keys, &slow)
	require.Equal(t, fast.Tokens, slow.Tokens)
	require.InEpsilon(t, slow.NLLSum, fast.NLLSum, 0.01)
	require.Positive(t, fast.StdErr)

	decodes(t, succeeds(t, "", "perplexity", "-f", text, "-c", "8", "--json"), keys, &windows)
	var ids []int32
	require.NoError(t, json.Unmarshal([]byte(succeeds(t, "", "tokenize", "-f", text, "--no-bos", "--json")), &ids))
	require.Len(t, ids, windows.Tokens, "every token is predicted once")

	require.Regexp(t, `^perplexity \d+\.\d{4} ± \d+\.\d{4} over \d+ tokens in 3 texts\n$`, succeeds(t, "", "perplexity", "--docs", docs))

	empty := filepath.Join(dir, "empty")
	require.NoError(t, os.WriteFile(empty, nil, 0o644))
	failsInOneLine(t, bitnet(t, "", "perplexity", "-f", empty), "nothing to predict")
	failsInOneLine(t, bitnet(t, "", "perplexity", "--docs", text), "want a JSON array of strings")
	failsInOneLine(t, bitnet(t, "", "perplexity", "-f", filepath.Join(dir, "none")), "none: no such file")
}

func TestShowFable(t *testing.T) {
	out := succeeds(t, "", "show")
	for _, want := range []string{`model +fable`, `parameters +29\.4 M`, `context +512 tokens`, `chat +no template`, `sampling +temperature 0\.7, top-k 40`} {
		require.Regexp(t, `(?m)^`+want, out)
	}
}
