package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/contents"
)

// twins are the committed checkpoints that stand for the models of docs/models.md, by
// the paths that its commands name.
var twins = map[string]string{
	"./bitnet-b1.58-2B-4T":            "transformers/bitnet-2b4t-packed",
	"./bitnet-b1.58-2B-4T-bf16":       "transformers/bitnet-2b4t-master",
	"ggml-model-i2_s.gguf":            "ternary/models/tiny-b158-i2_s.gguf",
	"bitnet-tq2_0.gguf":               "ternary/models/tiny-bitnet-tq2_0.gguf",
	"./bitnet_b1_58-large":            "families/1bitllm-large",
	"bitnet_b1_58-3B.gguf":            "families/1bitllm-3b.gguf",
	"./Llama3-8B-1.58-100B-tokens":    "transformers/llama-bitlinear-packed",
	"./Falcon3-7B-Instruct-1.58bit":   "transformers/llama-bitlinear-packed",
	"./Falcon-E-3B-Instruct":          "transformers/llama-bitlinear-packed",
	"./Falcon-E-1B-Base-prequantized": "families/trilm",
	"./TriLM_3.9B_Unpacked":           "families/trilm",
	"./bitnet-embedding-0.6b":         "embed/qwen3-bitnet",
	"./bitnet-embedding-270m":         "embed/gemma3-bitnet",
	"./Qwen3-0.6B":                    "embed/qwen3",
	"./gemma-3-270m":                  "embed/gemma3",
}

// TestModelsPage runs the commands of docs/models.md in their order, each model being its
// twin. What a conversion makes predicts what its source does.
func TestModelsPage(t *testing.T) {
	page := document(t, "models.md")
	golden := golden.Committed(t, "golden")
	t.Chdir(t.TempDir())
	for path, twin := range twins {
		placeTwin(t, filepath.Join(golden, twin), path)
	}
	used := map[string]bool{}
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(page, -1) {
		for line := range strings.Lines(block[1]) {
			args := words(t, line)
			out := runDocumented(t, args)
			if !slices.Contains(args, "--npy") {
				require.NotEmpty(t, out, line)
			}
			if args[1] == "convert" {
				want := predicted(t, args[2], args[4:])
				require.InDeltaSlice(t, want, predicted(t, args[3], nil), 1e-4*slices.Max(want), line)
			}
			for _, arg := range args {
				used[arg] = true
			}
		}
	}
	for path := range twins {
		require.True(t, used[path], "docs/models.md has no command for %s", path)
	}
}

// predicted returns the logits of a model after some tokens, read as a conversion with flags
// does.
func predicted(t *testing.T, model string, flags []string) []float64 {
	t.Helper()
	args := []string{"bitnet", "logits", "-m", model, "--ids", "30,9,40,77,5", "--json"}
	if i := slices.Index(flags, "--quantization"); i >= 0 {
		args = append(args, flags[i:i+2]...)
	}
	var out struct{ Last []float64 }
	require.NoError(t, json.Unmarshal([]byte(runDocumented(t, args)), &out))
	require.Greater(t, slices.Max(out.Last), 0.1, model)
	return out.Last
}

// TestConversionPage runs the commands of docs/conversion.md, each in a directory that has
// its source and nothing else.
func TestConversionPage(t *testing.T) {
	page := document(t, "conversion.md")
	source := t.TempDir()
	for _, name := range []string{"model.gguf", "arm.gguf", "model"} { // the order of I2_S is told by nobody
		runDocumented(t, []string{"bitnet", "convert", "fable", filepath.Join(source, name)})
	}
	commands := regexp.MustCompile("`(bitnet convert [^`]*)`").FindAllStringSubmatch(page, -1)
	run := 0
	for _, c := range commands {
		args := words(t, c[1])
		if args[2] == "SRC" {
			continue
		}
		t.Run(strings.Join(args[2:], " "), func(t *testing.T) {
			t.Chdir(t.TempDir())
			require.NoError(t, os.Symlink(filepath.Join(source, args[2]), args[2]))
			runDocumented(t, args)
			require.Contains(t, runDocumented(t, []string{"bitnet", "show", args[3]}), "29.4 M")
		})
		run++
	}
	require.GreaterOrEqual(t, run, 7)
}

// document reads a page of docs.
func document(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(filepath.Dir(golden.Committed(t)), "docs", name))
	require.NoError(t, err)
	return string(data)
}

// words divides a command line as a shell does, of whose syntax pages have words and double
// quotes.
func words(t *testing.T, line string) []string {
	t.Helper()
	var all []string
	for _, m := range regexp.MustCompile(`"([^"]*)"|[^\s"]+`).FindAllStringSubmatch(line, -1) {
		word := m[0]
		if word[0] == '"' {
			word = m[1]
		}
		require.False(t, strings.ContainsAny(word, "|<>$&;#'\\"), line)
		all = append(all, word)
	}
	require.GreaterOrEqual(t, len(all), 3, line)
	require.Equal(t, "bitnet", all[0], line)
	return all
}

// runDocumented runs a command line, which must succeed, and returns what it prints.
func runDocumented(t *testing.T, args []string) string {
	t.Helper()
	var out, errs bytes.Buffer
	s := &Streams{In: strings.NewReader(""), Out: &out, Err: &errs}
	root := newRoot(s)
	root.SetArgs(args[1:])
	cmd, err := root.ExecuteContextC(t.Context())
	require.Zero(t, report(s, cmd, err), "%s: %s", strings.Join(args, " "), &errs)
	return out.String()
}

// placeTwin puts a checkpoint where a command looks for a model, with a tokenizer if it
// has none.
func placeTwin(t *testing.T, twin, path string) {
	t.Helper()
	if filepath.Ext(twin) == ".gguf" {
		placeFile(t, twin, path)
		return
	}
	if strings.HasPrefix(path, "./Qwen3") || strings.HasPrefix(path, "./gemma-3") { // published as bfloat16
		runDocumented(t, []string{"bitnet", "convert", twin, path, "--type", "hf-bf16", "--embedding", "bf16", "--allow-lossy"})
	} else {
		require.NoError(t, os.Mkdir(path, 0o755))
		for _, name := range []string{"config.json", "model.safetensors"} {
			data, err := os.ReadFile(filepath.Join(twin, name))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(path, name), data, 0o600))
		}
	}
	var config map[string]any
	golden.JSON(t, filepath.Join(path, "config.json"), &config)
	if _, ok := config["query_pre_attn_scalar"]; ok {
		config["query_pre_attn_scalar"] = config["head_dim"]     // as in the published ones
		config["vocab_size"] = float64(repeatEmbedding(t, path)) // 256 tokens are for bytes
		writeJSONFile(t, filepath.Join(path, "config.json"), config)
	}
	writeJSONFile(t, filepath.Join(path, "tokenizer.json"), tinyTokenizer(twin, int(config["vocab_size"].(float64))))
}

// repeatEmbedding makes a checkpoint's vocabulary three times as large, and returns its size.
func repeatEmbedding(t *testing.T, path string) (rows int) {
	t.Helper()
	const times = 3
	tensors := contents.Safetensors(t, path)
	for i := range tensors {
		if x := &tensors[i]; strings.HasSuffix(x.Name, "embed_tokens.weight") {
			x.Shape[0] *= times
			x.Data = bytes.Repeat(x.Data, times)
			rows = x.Shape[0]
		}
	}
	require.NoError(t, safetensors.WriteFile(filepath.Join(path, "model.safetensors"), nil, tensors))
	return rows
}

// tinyTokenizer returns a tokenizer.json without merges, for at most n tokens, of the kind
// that the published model has.
func tinyTokenizer(twin string, n int) map[string]any {
	space, byteLevel := "Ġ", map[string]any{"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}
	file := map[string]any{"pre_tokenizer": byteLevel, "decoder": byteLevel}
	switch family := filepath.Base(twin); {
	case strings.HasPrefix(family, "qwen3"):
		file["normalizer"] = map[string]any{"type": "NFC"}
	case strings.HasPrefix(family, "gemma3"), strings.HasPrefix(family, "1bitllm"): // of SentencePiece
		space = "▁"
		replace := func(from, to string) map[string]any {
			return map[string]any{"type": "Replace", "pattern": map[string]any{"String": from}, "content": to}
		}
		file = map[string]any{"normalizer": replace(" ", space), "decoder": replace(space, " ")}
	}
	vocab := map[string]int{}
	for id, text := range tinyVocabulary(n) {
		vocab[strings.ReplaceAll(text, "Ġ", space)] = id
	}
	if strings.HasPrefix(filepath.Base(twin), "gemma3") {
		vocab = map[string]int{"<pad>": 0, "<end>": 1, "<begin>": 2, space: 3}
		for b := range 256 {
			vocab[fmt.Sprintf("<0x%02X>", b)] = len(vocab)
		}
	}
	file["added_tokens"] = []any{map[string]any{"id": 1, "content": "<end>", "special": true}}
	model := map[string]any{"type": "BPE", "vocab": vocab, "merges": []string{}}
	if space == "▁" {
		model["unk_token"] = "<pad>"
		model["byte_fallback"] = strings.HasPrefix(filepath.Base(twin), "gemma3")
		file["decoder"] = map[string]any{"type": "Sequence", "decoders": []any{file["decoder"], map[string]any{"type": "ByteFallback"}, map[string]any{"type": "Fuse"}}}
	}
	file["model"] = model
	return file
}

// placeFile copies a GGUF file and gives it a tokenizer if it has none.
func placeFile(t *testing.T, twin, path string) {
	t.Helper()
	kv, tensors := contents.GGUF(t, twin)
	if !slices.ContainsFunc(kv, func(e gguf.KV) bool { return e.Key == "tokenizer.ggml.model" }) {
		embed := slices.IndexFunc(tensors, func(x gguf.TensorData) bool { return x.Name == "token_embd.weight" })
		size := tensors[embed].Shape[0]
		tokens := tinyVocabulary(size)
		for i := len(tokens); i < size; i++ {
			tokens = append(tokens, fmt.Sprintf("[PAD%d]", i))
		}
		kv = append(
			kv,
			gguf.KV{Key: "tokenizer.ggml.model", Value: "gpt2"},
			gguf.KV{Key: "tokenizer.ggml.pre", Value: "gpt-2"},
			gguf.KV{Key: "tokenizer.ggml.tokens", Value: tokens},
			gguf.KV{Key: "tokenizer.ggml.merges", Value: []string{}},
		)
	}
	require.NoError(t, gguf.WriteFile(path, kv, tensors))
}

// tinyVocabulary returns the tokens of a byte-level tokenizer without merges, for at most
// n: all bytes, or those of ASCII's graphic characters and the space.
func tinyVocabulary(n int) []string {
	tokens := []string{"<pad>", "<end>", "<begin>"}
	for c := '!'; c <= '~'; c++ {
		tokens = append(tokens, string(c))
	}
	tokens = append(tokens, "Ġ")
	if n < 259 {
		return tokens
	}
	for c := '¡'; c <= 'ÿ'; c++ { // as the alphabet has it: the rest of the bytes that can be seen
		if c != '\u00ad' {
			tokens = append(tokens, string(c))
		}
	}
	for c := rune(256); c < 256+68; c++ { // and for those that cannot, what follows
		if c != 'Ġ' {
			tokens = append(tokens, string(c))
		}
	}
	return tokens
}

func writeJSONFile(t *testing.T, path string, v any) {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, data, 0o600))
}
