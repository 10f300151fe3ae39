package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// TestLosslessPerplexity: the built-in model predicts the documents that were kept aside
// equally well in every format that loses nothing. They are cut short unless BITNET_LONG
// is set.
func TestLosslessPerplexity(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes under the race detector, and its parts are tested there")
	}
	docs := golden.Path(t, "models", "fable-29m", "eval_docs.json")
	measure := func(model string) perplexityJSON {
		args := []string{"bitnet", "perplexity", model, "--docs", docs, "--json"}
		if os.Getenv("BITNET_LONG") == "" {
			args = append(args, "-c", "24")
		}
		var p perplexityJSON
		require.NoError(t, json.Unmarshal([]byte(runDocumented(t, args)), &p))
		return p
	}
	want := measure("fable")
	require.Greater(t, want.Tokens, 800)
	require.Less(t, *want.Perplexity, 60.0)

	dir := t.TempDir()
	for _, format := range [][]string{
		{"i2_s.gguf"},
		{"tq1_0.gguf", "--type", "tq1_0"},
		{"tq2_0.gguf", "--type", "tq2_0"},
		{"f32-embedding.gguf", "--embedding", "f32"},
		{"mixed.gguf", "--type", "tq2_0", "--tensor-type", "ffn_down=i2_s"},
		{"directory"},
	} {
		target := filepath.Join(dir, format[0])
		runDocumented(t, append([]string{"bitnet", "convert", "fable", target}, format[1:]...))
		got := measure(target)
		require.Equal(t, want.Tokens, got.Tokens, format)
		require.InEpsilon(t, *want.Perplexity, *got.Perplexity, 1e-6, format)
	}
}
