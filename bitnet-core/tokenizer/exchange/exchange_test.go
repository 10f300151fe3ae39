package exchange

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/packed"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
)

// directory makes one of files.
func directory(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	return dir
}

// parity are the texts of the parity cases.
func parity(t testing.TB) []string {
	t.Helper()
	var cases []struct{ Text string }
	require.NoError(t, json.Unmarshal(packed.Read(t, "tokenizers/parity/cases.json"), &cases))
	require.Len(t, cases, 494)
	texts := make([]string, len(cases))
	for i := range cases {
		texts[i] = cases[i].Text
	}
	return texts
}

// requireSame compares the ids of texts.
func requireSame(t testing.TB, want, got tokenizer.Tokenizer, texts []string) {
	t.Helper()
	for _, text := range texts {
		for _, o := range []tokenizer.Options{{}, {NoPostProcess: true}, {PlainSpecials: true}} {
			a, b := want.Encode(nil, text, o), got.Encode(nil, text, o)
			require.Equal(t, a, b, "%q %v", text, o)
			require.Equal(t, want.Decode(a, true), got.Decode(b, true), "%q %v", text, o)
		}
	}
}

// written writes entries to a GGUF file and reads them back.
func written(t testing.TB, kv []gguf.KV) *gguf.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "v.gguf")
	require.NoError(t, gguf.WriteFile(path, append([]gguf.KV{{Key: "general.architecture", Value: "llama"}}, kv...), nil))
	f, err := gguf.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

func TestDirectories(t *testing.T) {
	texts := parity(t)
	for name, file := range map[string]string{
		"tokenizers/mistral/tokenizer.json": "tokenizer.json", "tokenizers/gpt2/tokenizer.json": "tokenizer.json", "tokenizers/llama3_1/tokenizer.json": "tokenizer.json",
		"tokenizers/llama2/tokenizer.model": "tokenizer.model",
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && !strings.Contains(name, "gpt2") {
				t.Skip("large vocabularies take minutes under the race detector, and nothing here runs beside anything else")
			}
			dir := directory(t, map[string][]byte{file: packed.Read(t, name)})
			want, err := tokenizer.Open(dir)
			require.NoError(t, err)
			kv, notes, err := ToGGUF(dir, want.VocabSize()+3)
			require.NoError(t, err)
			require.Empty(t, notes)
			f := written(t, kv)
			got, err := tokenizer.LoadGGUF(f, "v.gguf")
			require.NoError(t, err)
			requireSame(t, want, got, texts)
			data, err := ToJSON(f, "v.gguf")
			require.NoError(t, err)
			back, err := tokenizer.LoadJSON(data, "back")
			require.NoError(t, err)
			requireSame(t, want, back, texts)
			again, _, err := ToGGUF(directory(t, map[string][]byte{"tokenizer.json": data}), want.VocabSize()+3)
			require.NoError(t, err)
			if file == "tokenizer.json" {
				require.Equal(t, kv, again)
			}
		})
	}
}

func TestFiles(t *testing.T) {
	texts := parity(t)
	for _, name := range []string{"llama-bpe", "gpt-2", "llama-spm"} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name != "gpt-2" {
				t.Skip("large vocabularies take minutes under the race detector")
			}
			path := filepath.Join(t.TempDir(), "v.gguf")
			require.NoError(t, os.WriteFile(path, packed.Read(t, "tokenizers/gguf-vocab/ggml-vocab-"+name+".gguf"), 0o600))
			f, err := gguf.Open(path)
			require.NoError(t, err)
			defer f.Close()
			want, err := tokenizer.LoadGGUF(f, name)
			require.NoError(t, err)
			data, err := ToJSON(f, name)
			require.NoError(t, err)
			got, err := tokenizer.LoadJSON(data, name)
			require.NoError(t, err)
			requireSame(t, want, got, texts)
		})
	}
}
