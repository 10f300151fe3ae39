package inference

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/contents"
	"github.com/bitnet-go/bitnet/bitnet-inference/engine"
)

// TestOneBitLLM opens a directory as 1bitLLM's are: a SentencePiece file of 32000 pieces, a
// file beside it that adds one, and 32002 rows of the embedding, of which the last has no
// text.
func TestOneBitLLM(t *testing.T) {
	const vocab = 32002
	spm := golden.Path(t, "tokenizers", "llama2", "tokenizer.model")
	small := golden.Committed(t, "golden", "families", "1bitllm-large")
	dir := t.TempDir()
	require.NoError(t, os.Symlink(spm, filepath.Join(dir, "tokenizer.model")))
	for name, text := range map[string]string{"added_tokens.json": `{"<pad>": 32000}`, "special_tokens_map.json": `{"pad_token": "<pad>"}`} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}

	var config map[string]any
	golden.JSON(t, filepath.Join(small, "config.json"), &config)
	config["vocab_size"] = vocab
	data, err := json.Marshal(config)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.json"), data, 0o600))

	all := contents.Safetensors(t, small)
	for i := range all {
		if x := &all[i]; x.Name == "model.embed_tokens.weight" {
			row := len(x.Data) / x.Shape[0]
			x.Data = slices.Repeat(x.Data, vocab/x.Shape[0]+1)[:vocab*row]
			x.Shape = []int{vocab, x.Shape[1]}
		}
	}
	require.NoError(t, safetensors.WriteFile(filepath.Join(dir, "model.safetensors"), nil, all))

	m, err := Open(dir, Options{Threads: 1})
	require.NoError(t, err)
	defer m.Close()
	require.Equal(t, "float master weights, made ternary while loading (absmean)", m.Checkpoint.Quantization)
	require.NotEmpty(t, collect(t, m, "Once upon a time", engine.Options{MaxTokens: 8}))
	require.Equal(t, "<pad>", m.Tokenizer.Decode([]int32{vocab - 2, vocab - 1}, false))
	require.Empty(t, m.Tokenizer.Decode([]int32{vocab - 2, vocab - 1}, true))
}
