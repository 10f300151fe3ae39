package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// changed returns a GGUF file of the built-in model that says something else under the key
// that ends so: types and values are a GGUF file's.
func changed(t *testing.T, key string, old, value []byte) string {
	path := filepath.Join(t.TempDir(), "changed.gguf")
	_, err := command(t, "convert", "fable", path)
	require.NoError(t, err)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	at := bytes.Index(data, append([]byte(key), old...))
	require.Positive(t, at)
	copy(data[at+len(key):], value)
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

// TestTextsBegin: texts begin as the tokenizer begins them, with nothing if it adds
// nothing: as in run, and as in llama-perplexity.
func TestTextsBegin(t *testing.T) {
	// There is still a beginning-of-text token, as there is for TriLM and Qwen.
	plain := changed(t, "tokenizer.ggml.add_bos_token", []byte{7, 0, 0, 0, 1}, []byte{7, 0, 0, 0, 0})
	path, text := tale(t)
	docs, err := json.Marshal([]string{text})
	require.NoError(t, err)
	array := filepath.Join(t.TempDir(), "docs.json")
	require.NoError(t, os.WriteFile(array, docs, 0o600))
	measure := func(args ...string) (p perplexityJSON) {
		out, err := command(t, append([]string{"perplexity", "--json"}, args...)...)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal([]byte(out), &p))
		return p
	}
	for _, texts := range [][]string{{"--docs", array}, {"-f", path, "-c", "512"}} {
		with, without := measure(append(texts, "-m", "fable")...), measure(append(texts, "-m", plain)...)
		require.Equal(t, with.Tokens-1, without.Tokens, "the first is predicted from nothing: %v", texts)
	}
	begun, first := measure("-f", path, "-c", "32", "--second-half", "-m", "fable"), measure("-f", path, "-c", "32", "--second-half", "-m", plain)
	require.NotEqual(t, begun.NLLSum, first.NLLSum)
}

// TestBaseOfOtherContext: whole texts are compared as far as both models take them.
func TestBaseOfOtherContext(t *testing.T) {
	base := changed(t, ".context_length", []byte{4, 0, 0, 0, 0, 2, 0, 0}, []byte{4, 0, 0, 0, 0, 1, 0, 0})
	array := filepath.Join(t.TempDir(), "docs.json")
	docs, err := json.Marshal([]string{strings.Repeat("A fox saw a crow. ", 100)})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(array, docs, 0o600))
	_, err = command(t, "perplexity", "--docs", array, "--kl-base", base)
	require.ErrorContains(t, err, "takes 256 tokens of a text, and ")
	require.ErrorContains(t, err, "give both fewer with -c 256")
	_, err = command(t, "perplexity", "--docs", array, "--kl-base", base, "-c", "256")
	require.NoError(t, err)
}
