package cli

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/vecmath"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// command runs one and returns what it prints.
func command(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := newRoot(&Streams{In: strings.NewReader(""), Out: &out, Err: &out})
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

// tale is a text of some 250 tokens.
func tale(t *testing.T) (path, text string) {
	text = strings.Repeat("Once a fox saw a crow who had a piece of cheese. \"Sing,\" said he, \"for I love your voice!\" ", 8)
	path = filepath.Join(t.TempDir(), "tale.txt")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path, text
}

// TestSecondHalfPerplexity computes llama-perplexity's figure as it is defined there, token
// by token: of each full window of n, what the tokens n/2 to n-2 predict.
func TestSecondHalfPerplexity(t *testing.T) {
	path, text := tale(t)
	out, err := command(t, "perplexity", "-f", path, "-c", "32", "--second-half", "--json")
	require.NoError(t, err)
	var got perplexityJSON
	require.NoError(t, json.Unmarshal([]byte(out), &got))

	l, err := load(t.Context(), &Streams{}, &modelArg{path: "fable"}, 1, transformer.Options{CacheType: dtype.F32, Head: transformer.HeadFull})
	require.NoError(t, err)
	defer l.close()
	const n = 32
	ids := l.tok.Encode([]int32{l.ck.Generation.BOS}, text, asText)
	tokens, nll := 0, 0.0
	for chunk := range len(ids) / n {
		window := append([]int32{}, ids[chunk*n:(chunk+1)*n]...)
		window[0] = l.ck.Generation.BOS
		state, err := l.model.NewState(n)
		require.NoError(t, err)
		logits := make([]float32, l.ck.Config.VocabSize)
		for i, id := range window[:n-1] {
			hidden, err := state.Forward(t.Context(), []int32{id})
			require.NoError(t, err)
			if i >= n/2 {
				l.model.Logits(logits, hidden)
				tokens, nll = tokens+1, nll+vecmath.LogSumExp(logits)-float64(logits[window[i+1]])
			}
		}
		state.Release()
	}
	require.Equal(t, tokens, got.Tokens)
	require.InEpsilon(t, math.Exp(nll/float64(tokens)), *got.Perplexity, 1e-5)
}

func TestPerplexityPerDocument(t *testing.T) {
	path := filepath.Join(t.TempDir(), "docs.json")
	require.NoError(t, os.WriteFile(path, []byte(`["Once upon a time.", "", "The sea was blue."]`), 0o600))
	out, err := command(t, "perplexity", "--docs", path, "--per-document", "--json")
	require.NoError(t, err)
	var got perplexityJSON
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Len(t, got.Documents, 3)
	require.Zero(t, got.Documents[1].Tokens)
	require.Nil(t, got.Documents[1].Perplexity)
	tokens, nll := 0, 0.0
	for _, d := range got.Documents {
		tokens, nll = tokens+d.Tokens, nll+d.NLLSum
	}
	require.Equal(t, got.Tokens, tokens)
	require.InDelta(t, got.NLLSum, nll, 1e-9)

	out, err = command(t, "perplexity", "--docs", path, "--per-document")
	require.NoError(t, err)
	require.Len(t, strings.Split(strings.TrimSpace(out), "\n"), 5, "a head, a line for each, a sum")
}

// TestStridePerplexity: windows that overlap predict as many tokens, from more.
func TestStridePerplexity(t *testing.T) {
	path, _ := tale(t)
	measure := func(args ...string) (p perplexityJSON) {
		out, err := command(t, append([]string{"perplexity", "-f", path, "-c", "32", "--json"}, args...)...)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal([]byte(out), &p))
		return p
	}
	apart, over := measure(), measure("--stride", "8")
	require.Equal(t, apart.Tokens, over.Tokens)
	require.Less(t, *over.Perplexity, *apart.Perplexity)
}

// TestPerplexityPrints: one token has no error, windows are no texts, and texts that are
// cut are counted.
func TestPerplexityPrints(t *testing.T) {
	path, text := tale(t)
	out, err := command(t, "perplexity", "-f", path, "-c", "64")
	require.NoError(t, err)
	require.Regexp(t, `^perplexity \d+\.\d{4} ± \d+\.\d{4} over \d+ tokens in \d windows\n$`, out)
	docs, err := json.Marshal([]string{"Once", text, text, "The end."})
	require.NoError(t, err)
	array := filepath.Join(t.TempDir(), "docs.json")
	require.NoError(t, os.WriteFile(array, docs, 0o600))
	out, err = command(t, "perplexity", "--docs", array, "-c", "64")
	require.NoError(t, err)
	require.Regexp(t, `^2 of 4 texts are cut after 64 tokens\nperplexity .* tokens in 4 texts\n$`, out)
	require.NoError(t, os.WriteFile(array, []byte(`["."]`), 0o600))
	out, err = command(t, "perplexity", "--docs", array)
	require.NoError(t, err)
	require.Regexp(t, `^perplexity \d+\.\d{4} over 1 token in 1 text\n$`, out)
}

// TestFigures: what is not a number, or beyond all of them, is null in JSON and left out
// of text.
func TestFigures(t *testing.T) {
	var p score.Perplexity
	p.Add([]float64{-1e6, -1e6})
	b, err := json.Marshal(newPerplexityJSON(&p))
	require.NoError(t, err)
	require.JSONEq(t, `{"tokens":2,"nll_sum":2e6,"perplexity":null,"stderr":null}`, string(b))
	var c score.Comparison
	c.Add(&score.Divergence{KL: 1, LogProb: -1e6, LogProbBase: -1})
	_, err = json.Marshal(newComparisonJSON(&c))
	require.NoError(t, err)
	require.Equal(t, "1.50 % ± 0.25 %", plusMinus("%.2f %%", 1.5, 0.25))
	require.Equal(t, "1.50", plusMinus("%.2f", 1.5, math.NaN()))
}

func TestPerplexityFaults(t *testing.T) {
	path, _ := tale(t)
	for _, tt := range []struct{ args, fault string }{
		{"-f x --stride -1", "--stride is -1"},
		{"--docs x --stride 4", "--stride and --second-half divide one text"},
		{"--docs x --second-half", "--stride and --second-half divide one text"},
		{"-f x --stride 4 --second-half", "two ways to divide"},
		{"-f x --per-document", "--per-document shows those of --docs"},
		{"--second-half -f " + path, "wants a whole window of 512 tokens"},
		{"-c 32 --stride 32 -f " + path, "--stride is 32, and windows of 32 tokens take 31 of the text"},
	} {
		_, err := command(t, append([]string{"perplexity"}, strings.Fields(tt.args)...)...)
		require.ErrorContains(t, err, tt.fault)
	}
}
