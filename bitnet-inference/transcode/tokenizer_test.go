package transcode

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/ulikunitz/xz"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// tokenizerOf loads the tokenizer that came with a model.
func tokenizerOf(t *testing.T, path string) tokenizer.Tokenizer {
	t.Helper()
	ck, err := checkpoint.Open(path)
	require.NoError(t, err)
	defer ck.Close()
	tok, err := ck.Tokenizer()
	require.NoError(t, err)
	return tok
}

// requireSameIDs compares the tokenizers of two models over the parity texts.
func requireSameIDs(t *testing.T, want, got string) {
	t.Helper()
	var cases []struct{ Text string }
	golden.JSON(t, golden.Path(t, "tokenizers", "parity", "cases.json"), &cases)
	require.Len(t, cases, 494)
	a, b := tokenizerOf(t, want), tokenizerOf(t, got)
	for _, c := range cases {
		for _, o := range []tokenizer.Options{{}, {NoPostProcess: true}, {PlainSpecials: true}} {
			ids := a.Encode(nil, c.Text, o)
			require.Equal(t, ids, b.Encode(nil, c.Text, o), "%q %v", c.Text, o)
			require.Equal(t, a.Decode(ids, true), b.Decode(ids, true), "%q", c.Text)
		}
	}
}

// TestSentencePieceOneBitLLM: 1bitLLM's models have Llama 2's tokenizer.model, and one
// token more.
func TestSentencePieceOneBitLLM(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes under the race detector, and its parts are tested there")
	}
	dir := t.TempDir()
	master := filepath.Join(dir, "master")
	require.NoError(t, os.Mkdir(master, 0o700))
	writeMaster(t, master, &model.Config{
		VocabSize: 32002, Dim: 16, FFN: 64, Layers: 1, Heads: 2, KVHeads: 2, HeadDim: 8, ContextLength: 64, NormEps: 1e-5, RopeTheta: 1e4, SubNorms: true,
	})
	src := copyModel(t, master, map[string]any{"hidden_act": "silu", "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 32000})
	data, err := os.ReadFile(golden.Path(t, "tokenizers", "llama2", "tokenizer.model"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(src, "tokenizer.model"), data, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(src, "added_tokens.json"), []byte(`{"<pad>": 32000}`), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(src, "special_tokens_map.json"), []byte(`{"pad_token": "<pad>"}`), 0o600))
	exchanged(t, src, map[string]string{"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}, 2)
}

// exchanged takes a model with its tokenizer to GGUF, to a directory, and to GGUF again.
// config is what tokenizer_config.json has to name, eos what ends texts.
func exchanged(t *testing.T, src string, config map[string]string, eos ...int32) {
	t.Helper()
	dir := t.TempDir()
	file, back, again := filepath.Join(dir, "m.gguf"), filepath.Join(dir, "back"), filepath.Join(dir, "again.gguf")
	convertModel(t, src, file, Options{AllowLossy: true})
	requireSameIDs(t, src, file)
	convertModel(t, file, back, Options{})
	requireSameIDs(t, src, back)
	convertModel(t, back, again, Options{})
	requireSameIDs(t, src, again)
	var got map[string]any
	golden.JSON(t, filepath.Join(back, "tokenizer_config.json"), &got)
	for key, text := range config {
		require.Equal(t, text, got[key], key)
	}
	ck, err := checkpoint.Open(again)
	require.NoError(t, err)
	defer ck.Close()
	require.Equal(t, eos, ck.Generation.EOS)
}

// TestSentencePieceGemma: a tokenizer.json as Gemma's, which puts no space in front. What it
// puts behind a text is not the first of those that config.json says end one: all do, then.
func TestSentencePieceGemma(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes under the race detector, and its parts are tested there")
	}
	src := copyModel(t, copyModel(t, golden.Committed(t, "golden", "embed", "gemma3-bitnet"), gemmaHeads), map[string]any{"vocab_size": 32000, "eos_token_id": []int{1, 5, 2}})
	widen(t, src, "embed_tokens.weight", 32000)
	packed, err := os.Open(golden.Path(t, "tokenizers", "mistral", "tokenizer.json.xz"))
	require.NoError(t, err)
	defer packed.Close()
	r, err := xz.NewReader(packed)
	require.NoError(t, err)
	data, err := io.ReadAll(r)
	require.NoError(t, err)
	var file map[string]any
	require.NoError(t, json.Unmarshal(data, &file))
	type o = map[string]any
	replace := func(from, to string) o { return o{"type": "Replace", "pattern": o{"String": from}, "content": to} }
	file["normalizer"] = replace(" ", "▁")
	file["pre_tokenizer"] = o{"type": "Split", "pattern": o{"String": " "}, "behavior": "MergedWithPrevious", "invert": false}
	file["decoder"] = o{"type": "Sequence", "decoders": []o{replace("▁", " "), {"type": "ByteFallback"}, {"type": "Fuse"}}}
	file["post_processor"] = o{
		"type": "TemplateProcessing", "single": []o{{"SpecialToken": o{"id": "<s>"}}, {"Sequence": o{"id": "A"}}, {"SpecialToken": o{"id": "</s>"}}},
		"pair": []o{}, "special_tokens": o{"<s>": o{"id": "<s>", "ids": []int{1}, "tokens": []string{"<s>"}}, "</s>": o{"id": "</s>", "ids": []int{2}, "tokens": []string{"</s>"}}},
	}
	data, err = json.Marshal(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(src, "tokenizer.json"), data, 0o600))
	exchanged(t, src, nil, 2, 1, 5)
}

// widen gives a matrix of a directory more rows, of zeros.
func widen(t *testing.T, dir, name string, rows int) {
	t.Helper()
	rewriteDirectory(t, dir, func(x *safetensors.TensorData) {
		if x.Name == name {
			x.Data = append(x.Data, make([]byte, len(x.Data)/x.Shape[0]*(rows-x.Shape[0]))...)
			x.Shape = []int{rows, x.Shape[1]}
		}
	})
}

// TestTokenizerRefused: what cannot be carried over is said, and how to do without.
func TestTokenizerRefused(t *testing.T) {
	src := copyModel(t, packed(t), nil)
	const file = `{"version": "1.0", "added_tokens": [], "model": {"type": "WordLevel", "vocab": {"<unk>": 0, "a": 1}}}`
	require.NoError(t, os.WriteFile(filepath.Join(src, "tokenizer.json"), []byte(file), 0o600))
	dst := filepath.Join(t.TempDir(), "m.gguf")
	_, err := New(t.Context(), src, dst, Options{})
	require.ErrorContains(t, err, "GGUF has no kind of model for WordLevel")
	require.ErrorContains(t, err, noTokenizer)
	convertModel(t, src, dst, Options{NoTokenizer: true})
}
