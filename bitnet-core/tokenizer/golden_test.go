package tokenizer

import (
	"encoding/json"
	"maps"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// goldenFile is what scripts/tokenizers_golden.py writes: tokenizers, and what
// the Hugging Face library does with them.
type goldenFile struct {
	Texts      []string
	Added      []goldenToken
	AddedTexts []string `json:"added_texts"`
	Models     map[string]json.RawMessage
	Tokenizers []goldenTokenizer
}

type goldenTokenizer struct {
	Name, Model string
	Parts       map[string]json.RawMessage
	IDs         [][]int32 // of Texts, without what the post-processor adds
	Special     []int32   // of Texts[3], with it
	Offsets     [][]int   // of Texts, pairs of characters; nil if they are not compared
	Decoded     []goldenDecoded
	Extended    *goldenExtended // with the tokens Added, of AddedTexts; or nil
}

// goldenDecoded is ids and what they decode to, with and without special tokens.
type goldenDecoded struct {
	ids         []int32
	whole, text string
}

func (d *goldenDecoded) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&d.ids, &d.whole, &d.text})
}

func readGolden(t testing.TB) goldenFile {
	t.Helper()
	data, err := os.ReadFile("testdata/golden.json")
	require.NoError(t, err)
	var g goldenFile
	require.NoError(t, json.Unmarshal(data, &g))
	return g
}

// file returns the tokenizer.json of one tokenizer.
func (g goldenFile) file(t testing.TB, k goldenTokenizer) []byte {
	t.Helper()
	top := maps.Clone(k.Parts)
	top["model"] = g.Models[k.Model]
	data, err := json.Marshal(top)
	require.NoError(t, err)
	return data
}

func TestGolden(t *testing.T) {
	g := readGolden(t)
	require.Greater(t, len(g.Tokenizers), 30)
	for _, want := range g.Tokenizers {
		t.Run(want.Name, func(t *testing.T) {
			tok, err := LoadJSON(g.file(t, want), want.Name)
			require.NoError(t, err)
			require.Len(t, want.IDs, len(g.Texts))
			for i, text := range g.Texts {
				require.Equal(t, ids(want.IDs[i]), ids(tok.Encode(nil, text, Options{NoPostProcess: true})), "%q", text)
			}
			require.Equal(t, want.Special, ids(tok.Encode(nil, g.Texts[3], Options{})))
			for _, d := range want.Decoded {
				require.Equal(t, d.whole, tok.Decode(d.ids, false), "%v", d.ids)
				require.Equal(t, d.text, tok.Decode(d.ids, true), "%v", d.ids)
				checkStream(t, tok, d.ids)
			}
		})
	}
}
