//go:build tokenizers

package hf

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// smallFiles are the tokenizer.json files that package tokenizer is tested with,
// by name: WordPiece, WordLevel, Unigram and BPE with the normalizers,
// pre-tokenizers and decoders that there are.
var smallFiles = map[string][]byte{}

// smallNames are the names of smallFiles in the order of the golden data.
var smallNames []string

// loadSmall fills smallFiles.
func loadSmall(t testing.TB) {
	t.Helper()
	if len(smallNames) > 0 {
		return
	}
	add := func(name string, file any) {
		data, err := json.Marshal(file)
		require.NoError(t, err)
		require.NotContains(t, smallFiles, name)
		smallFiles[name] = data
		smallNames = append(smallNames, name)
	}
	var golden struct {
		Models     map[string]json.RawMessage
		Tokenizers []struct {
			Name, Model string
			Parts       map[string]json.RawMessage
		}
	}
	readJSON(t, "../testdata/golden.json", &golden)
	for _, k := range golden.Tokenizers {
		k.Parts["model"] = golden.Models[k.Model]
		add(k.Name, k.Parts)
	}
	var unigram struct {
		Models []struct {
			Name string
			JSON json.RawMessage
		}
	}
	readJSON(t, "../testdata/unigram.json", &unigram)
	for _, k := range unigram.Models {
		add("from SentencePiece, "+k.Name, k.JSON)
	}
	require.Greater(t, len(smallNames), 30)
}

func readJSON(t testing.TB, path string, v any) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, v))
}

// fileNames are what loadPair takes: the vocabularies of the test data and then the
// small files.
func fileNames(t testing.TB) []string {
	t.Helper()
	loadSmall(t)
	var names []string
	for _, file := range files {
		names = append(names, file.dir)
	}
	return append(names, smallNames...)
}
