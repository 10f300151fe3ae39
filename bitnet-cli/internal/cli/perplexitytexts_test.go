package cli

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// withoutBOS returns a GGUF file of the built-in model whose tokenizer begins no text,
// although there is a beginning-of-text token, as TriLM's and Qwen's.
func withoutBOS(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "plain.gguf")
	_, err := command(t, "convert", "fable", path)
	require.NoError(t, err)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	const key = "tokenizer.ggml.add_bos_token"
	at := bytes.Index(data, []byte(key)) + len(key)
	require.Greater(t, at, len(key))
	require.EqualValues(t, 7, binary.LittleEndian.Uint32(data[at:]), "a bool")
	require.EqualValues(t, 1, data[at+4])
	data[at+4] = 0
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

// TestTextsBegin: texts begin as the tokenizer begins them, with nothing if it adds
// nothing: as in run, and as in llama-perplexity.
func TestTextsBegin(t *testing.T) {
	plain := withoutBOS(t)
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
