package main_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// TestStories260K compares with the text that the model's author published: the
// block of its README that begins with the command for temperature 0.
func TestStories260K(t *testing.T) {
	readme, err := os.ReadFile(golden.Path(t, "models", "stories260K", "stories260K.md"))
	require.NoError(t, err)
	_, published, found := strings.Cut(string(readme), "-t 0.0\n")
	require.True(t, found)
	published, _, found = strings.Cut(published, "```")
	require.True(t, found)

	path := golden.Path(t, "models", "stories260K", "stories260K.f32.gguf")
	require.Equal(t, published, succeeds(t, "", "run", path, "-p", "", "-n", "256", "--temp", "0"))
	require.Equal(t, published, succeeds(t, "", "run", "-m", path, "-n", "256", "--temp", "0"), "empty standard input")
	require.Regexp(t, `(?m)^architecture +llama$`, succeeds(t, "", "show", path))
}

// TestFablePerplexity measures the 40 held-out documents.
func TestFablePerplexity(t *testing.T) {
	docs := golden.Path(t, "models", "fable-29m", "eval_docs.json")
	var got struct {
		Tokens     int
		Perplexity float64
	}
	require.NoError(t, json.Unmarshal([]byte(succeeds(t, "", "perplexity", "-m", "fable", "--docs", docs, "--json")), &got))
	require.InEpsilon(t, 18.962, got.Perplexity, 0.001)
	require.Equal(t, 12738, got.Tokens)
}

// TestTokenizersOfModels sends all adversarial strings through --batch.
func TestTokenizersOfModels(t *testing.T) {
	var cases []struct{ Text string }
	golden.JSON(t, golden.Path(t, "tokenizers", "parity", "cases.json"), &cases)
	var texts []string
	for _, c := range cases {
		texts = append(texts, c.Text)
	}
	in, err := json.Marshal(texts)
	require.NoError(t, err)

	type ids struct {
		ID        int
		Special   []int32 `json:"ids_special"`
		NoSpecial []int32 `json:"ids_nospecial"`
	}
	for name, tt := range map[string]struct {
		tokenizer, golden string
		flags             []string
		pick              func(ids) []int32
	}{
		"SentencePiece":                {"llama2", "llamacpp.llama-spm.json", []string{"--no-bos"}, func(i ids) []int32 { return i.Special }},
		"SentencePiece, plain":         {"llama2", "llamacpp.llama-spm.json", []string{"--no-bos", "--plain-specials"}, func(i ids) []int32 { return i.NoSpecial }},
		"tiktoken of Llama 3":          {"bitnet-2b4t", "llamacpp.llama-bpe.json", []string{"--no-bos"}, func(i ids) []int32 { return i.Special }},
		"tiktoken of Llama 3, plain":   {"bitnet-2b4t", "llamacpp.llama-bpe.json", []string{"--no-bos", "--plain-specials"}, func(i ids) []int32 { return i.NoSpecial }},
		"tiktoken of Llama 3, as HF's": {"bitnet-2b4t", "golden.llama3_1.json", nil, func(i ids) []int32 { return i.Special }},
	} {
		t.Run(name, func(t *testing.T) {
			var want []ids
			golden.JSON(t, golden.Path(t, "tokenizers", "parity", tt.golden), &want)
			args := append([]string{"tokenize", "--tokenizer", golden.Path(t, "tokenizers", tt.tokenizer, "tokenizer.model"), "--batch"}, tt.flags...)
			var got [][]int32
			require.NoError(t, json.Unmarshal([]byte(succeeds(t, string(in), args...)), &got))
			require.Len(t, got, len(want))
			for i, w := range want {
				require.Equal(t, append([]int32{}, tt.pick(w)...), append([]int32{}, got[i]...), "%d: %q", w.ID, texts[i])
			}
		})
	}
}
