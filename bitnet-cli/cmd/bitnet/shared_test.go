package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
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

// chatModel makes a directory of the fable checkpoint and a chat template.
func chatModel(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"} {
		require.NoError(t, os.Symlink(golden.Path(t, "models", "fable-29m", name), filepath.Join(dir, name)))
	}
	template := "{% for m in messages %}{{ m.role | capitalize + ': ' + m.content | trim }}<|eot_id|>{% endfor %}{% if add_generation_prompt %}Assistant: {% endif %}"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "chat_template.jinja"), []byte(template), 0o644))
	return dir
}

// TestChatModel checks what a chat model is given, not what it says.
func TestChatModel(t *testing.T) {
	dir := chatModel(t)
	given := func(args ...string) string {
		t.Helper()
		var got runOut
		decodes(t, succeeds(t, "", append([]string{"run", dir, "--json", "--temp", "0", "-n", "4"}, args...)...), runKeys, &got)
		return succeeds(t, join(got.PromptIDs), "tokenize", "--decode")
	}
	require.Equal(t, "<|begin_of_text|>User: Who are you?<|eot_id|>Assistant: \n", given(" Who are you? "))
	require.Equal(t, "<|begin_of_text|>System: Be brief.<|eot_id|>User: Hello<|eot_id|>Assistant: \n", given("--system", "Be brief.", "Hello"))
	require.Equal(t, "<|begin_of_text|>Hello\n", given("--raw", "Hello"))
	require.Equal(t, "<|begin_of_text|>\n", given("-p", ""))
	require.Equal(t, "Hello\n", given("--ids", strings.TrimSpace(succeeds(t, "", "tokenize", "--no-bos", "--json", "Hello"))))

	var got runOut
	decodes(t, succeeds(t, "", "run", dir, "--json", "-n", "1", "<|eot_id|>"), runKeys, &got)
	eot := 0
	for _, id := range got.PromptIDs {
		if id == 2 {
			eot++
		}
	}
	require.Equal(t, 1, eot, "the token that the message spells out is text")
	require.Regexp(t, `(?m)^chat +template from the model$`, succeeds(t, "", "show", dir))
}
