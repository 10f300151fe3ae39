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

// A trainedOut is what tokenizer train --json prints.
type trainedOut struct {
	File                         string
	Bytes, Words, Tokens, Merges int
}

var trainedKeys = []string{"file", "bytes", "words", "tokens", "merges", "read_ms", "train_ms"}

// TestTokenizerTrain makes the tokenizer that the Hugging Face library makes of
// the same texts and encodes with it.
func TestTokenizerTrain(t *testing.T) {
	var file struct {
		Texts map[string][]string
		Cases []struct {
			VocabSize int `json:"vocab_size"`
			Tokens    []string
			Merges    []string
		}
	}
	golden.JSON(t, golden.Committed(t, "golden", "bpe", "bpe.json"), &file)
	texts, want := file.Texts["words"], file.Cases[0]
	require.Equal(t, 500, want.VocabSize)

	dir := t.TempDir()
	half := len(texts) / 2
	first, second := filepath.Join(dir, "a.txt"), filepath.Join(dir, "b.txt")
	require.NoError(t, os.WriteFile(first, []byte(strings.Join(texts[:half], "\x1e")), 0o600))
	require.NoError(t, os.WriteFile(second, []byte(strings.Join(texts[half:], "\x1e")), 0o600))
	out := filepath.Join(dir, "tokenizer.json")
	args := []string{"tokenizer", "train", "-f", first, second, "--vocab-size", "500", "--separator", `\x1e`, "-o", out}
	require.Regexp(t, `^.*tokenizer.json: 500 tokens of .* KiB of text with \d+ distinct words, in (\d+\.\d s|\d+ ms)\n$`, succeeds(t, "", args...))

	data, err := os.ReadFile(out)
	require.NoError(t, err)
	var made struct {
		Model struct {
			Vocab  map[string]int
			Merges [][2]string
		}
	}
	require.NoError(t, json.Unmarshal(data, &made))
	require.Len(t, made.Model.Vocab, len(want.Tokens))
	for id, token := range want.Tokens {
		require.Equal(t, id, made.Model.Vocab[token], token)
	}
	require.Len(t, made.Model.Merges, len(want.Merges))
	for i, m := range made.Model.Merges {
		require.Equal(t, want.Merges[i], m[0]+" "+m[1])
	}

	ids := succeeds(t, "", "tokenize", "--tokenizer", out, "--json", "-p", texts[1])
	require.Equal(t, texts[1]+"\n", succeeds(t, "", "tokenize", "--tokenizer", out, "--decode", "-p", strings.Trim(ids, "[]\n")))

	require.Regexp(t, `^id  token\n *\d+  "a"\n1 token, 1 byte\n$`, succeeds(t, "", "tokenize", out, "a"), "the file first, like a model")

	// Standard input and one thread make the same file in the place of the old one.
	var sum trainedOut
	text := strings.Join(texts, "\x1e")
	decodes(t, succeeds(t, text, "tokenizer", "train", "-f", "-", "--vocab-size", "500", "--separator", `\x1e`, "-o", out, "-t", "1", "--json"), trainedKeys, &sum)
	require.Equal(t, trainedOut{out, len(text), sum.Words, 500, len(want.Merges)}, sum)
	require.Positive(t, sum.Words)
	again, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Equal(t, data, again)

	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, list, 3, "nothing else is left")
}

func TestTokenizerTrainOptions(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "tokenizer.json")
	said := succeeds(t, "aaab 12345\naab", "tokenizer", "train", "-f", "-", "-o", out, "--special", "<b>", "--special", "<a>", "--split", "llama3", "--min-frequency", "2")
	require.Contains(t, said, "Fewer than 30000: no other pair occurs 2 times.\n")
	require.Equal(t, "[1,0]\n", succeeds(t, "", "tokenize", "--tokenizer", out, "--json", "<a><b>"))
	data, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Contains(t, string(data), `\\p{N}{1,3}`)
}

func TestTokenizerTrainRefuses(t *testing.T) {
	dir := t.TempDir()
	text, out := filepath.Join(dir, "text.txt"), filepath.Join(dir, "out.json")
	require.NoError(t, os.WriteFile(text, []byte("words \xff"), 0o600))
	// Settings are refused before the text is read, which is none.
	empty := filepath.Join(dir, "empty.txt")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-o", out}, "there is no text"},
		{[]string{"-f", text}, "-o FILE says where the tokenizer goes"},
		{[]string{"-f", text, "-o", text}, "-o would overwrite it"},
		{[]string{"-f", text, "-o", out, "--vocab-size", "256", "--special", "x"}, "bytes and special tokens alone are 257"},
		{[]string{"-f", text, "-o", out, "--min-frequency", "0"}, "want 1 or more"},
		{[]string{"-f", text, "-o", out, "--split", "bert"}, "want gpt2, llama3 or qwen2"},
		{[]string{"-f", text, "-o", out, "--separator", `\`}, "begins no escape"},
		{[]string{"-f", text, "-o", out, "-t", "-1"}, "-t is -1"},
		{[]string{"-f", text, "-o", out, "--special", "x", "--special", "x"}, `special token "x" is named twice`},
		{[]string{"-f", text, "-o", out, "--special", ""}, "special token 0 is empty"},
		{[]string{"-f", text, "-o", out, "--special", "\xff"}, "is not UTF-8"},
		{[]string{"-f", text, "-o", out, "--vocab-size", "16777217"}, "want 1 to 16777216"},
	} {
		r := bitnet(t, "", append([]string{"tokenizer", "train"}, c.args...)...)
		require.Equal(t, 2, r.code, c.args)
		require.Contains(t, r.err, c.want)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-f", text, "-o", out}, "byte 6 is not UTF-8"},
		{[]string{"-f", empty, "-o", out}, "all is empty"},
		{[]string{"-f", dir, "-o", out}, "is a directory"},
		{[]string{"-f", text, "-o", dir}, "is a directory"},
		{[]string{"-f", filepath.Join(dir, "none"), "-o", out}, "none"},
		{[]string{"-f", text, "-o", filepath.Join(dir, "none", "out.json")}, "none"},
	} {
		failsInOneLine(t, bitnet(t, "", append([]string{"tokenizer", "train"}, c.args...)...), c.want)
	}
	require.NoFileExists(t, out)
	require.Equal(t, 2, bitnet(t, "", "tokenizer", "trian").code)
	require.Contains(t, succeeds(t, "", "tokenizer"), "train")
}
