package tokenizer

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// directoryOf writes a SentencePiece model of 9 pieces and files beside it.
func directoryOf(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	model := spmFile(protoField(nil, trainerModelType, 2), nil)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tokenizer.model"), model, 0o600))
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

func TestAddedFiles(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"1bitLLM": {
			"added_tokens.json":       `{"<pad>": 9, "more": 10}`,
			"special_tokens_map.json": `{"bos_token": {"content": "<s>"}, "pad_token": "<pad>", "unk_token": null}`,
		},
		"a list of special tokens": {
			"added_tokens.json":       `{"more": 10, "<pad>": 9}`,
			"special_tokens_map.json": `{"additional_special_tokens": ["</s>", {"content": "<pad>", "lstrip": false}]}`,
		},
		"a newer tokenizer_config.json": {
			"tokenizer_config.json": `{"added_tokens_decoder": {"1": {"content": "<s>", "special": true}, "9": {"content": "<pad>", "special": true}, "10": {"content": "more"}}}`,
		},
		"both": {
			"added_tokens.json":     `{"<pad>": 9, "more": 10}`,
			"tokenizer_config.json": `{"added_tokens_decoder": {"9": {"content": "<pad>", "special": true}, "10": {"content": "more"}}}`,
		},
	} {
		tok, err := Open(directoryOf(t, files))
		require.NoError(t, err, name)
		require.Equal(t, 11, tok.VocabSize(), name)
		id, ok := tok.ID("<pad>")
		require.True(t, ok, name)
		require.Equal(t, int32(9), id, name)
		require.Equal(t, []int32{1, 7, 9, 10}, tok.Encode(nil, "a<pad>more", Options{}), name)
		require.NotContains(t, tok.Encode(nil, "a<pad>", Options{PlainSpecials: true}), int32(9), name)
		require.Equal(t, "amore", tok.Decode([]int32{7, 9, 10}, true), name)
		require.Equal(t, "a<pad>more", tok.Decode([]int32{7, 9, 10}, false), name)
	}

	dir := directoryOf(t, map[string]string{"added_tokens.json": `{}`, "tokenizer_config.json": `{"model_max_length": 512}`})
	tok, err := Open(dir)
	require.NoError(t, err)
	require.Equal(t, 9, tok.VocabSize())
	tok, err = Open(filepath.Join(dir, "tokenizer.model"))
	require.NoError(t, err)
	require.Equal(t, 9, tok.VocabSize())

	config := `{"added_tokens_decoder": {"9": {"content": "<pad>", "rstrip": true}}}`
	tok, err = Open(directoryOf(t, map[string]string{"tokenizer_config.json": config}))
	require.NoError(t, err)
	require.Equal(t, []int32{1, 7, 9, 7}, tok.Encode(nil, "a<pad>  a", Options{}), "white space after it is its own")
}

func TestAddedFilesFaults(t *testing.T) {
	for want, files := range map[string]map[string]string{
		`"x" would have the id 9`:                  {"added_tokens.json": `{"x": 11}`},
		`"y" would have the id 11`:                 {"added_tokens.json": `{"x": 9, "b ": 10, "y": 12}`},
		`give "a" the id 9, and its vocabulary 4`:  {"added_tokens.json": `{"a": 9}`},
		`the id -1 of the added token "x" is out`:  {"added_tokens.json": `{"x": -1}`},
		`given to the added tokens "x" and "y"`:    {"added_tokens.json": `{"x": 9}`, "tokenizer_config.json": `{"added_tokens_decoder":{"9":{"content":"y"}}}`},
		`"nine" is no id`:                          {"tokenizer_config.json": `{"added_tokens_decoder":{"nine":{"content":"y"}}}`},
		`added token 0, "": the content is empty`:  {"added_tokens.json": `{"": 9}`},
		`added_tokens.json: json: cannot`:          {"added_tokens.json": `["x"]`},
		`special_tokens_map.json: unexpected end`:  {"added_tokens.json": `{"x": 9}`, "special_tokens_map.json": `{`},
		`tokenizer_config.json: invalid character`: {"tokenizer_config.json": `x`},
	} {
		_, err := Open(directoryOf(t, files))
		require.ErrorContains(t, err, want)
	}
}

// TestAddedFilesLlama2 has the ids that the transformers library's LlamaTokenizer (4.46,
// the one that reads tokenizer.model) gives with the same files.
func TestAddedFilesLlama2(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Symlink(golden.Path(t, "tokenizers", "llama2", "tokenizer.model"), filepath.Join(dir, "tokenizer.model")))
	for name, text := range map[string]string{
		"added_tokens.json":       `{"<pad>": 32000, "<|extra|>": 32001}`,
		"special_tokens_map.json": `{"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}`,
		"tokenizer_config.json":   `{"tokenizer_class": "LlamaTokenizer", "add_bos_token": true, "legacy": true}`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	tok, err := Open(dir)
	require.NoError(t, err)
	for text, want := range map[string][]int32{
		"Hello<pad>world":   {1, 15043, 32000, 3186},
		"Hello <pad> world": {1, 15043, 29871, 32000, 29871, 3186},
		"a<|extra|>b c":     {1, 263, 32001, 289, 274},
		"<pad>x":            {1, 32000, 921},
		"<s>hi</s>":         {1, 1, 7251, 2},
	} {
		require.Equal(t, want, tok.Encode(nil, text, Options{}), text)
	}
}
