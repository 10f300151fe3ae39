package exchange

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"github.com/bitnet-go/bitnet/bitnet-core/golden/packed"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
)

// unigrams are the SentencePiece models that scripts/unigram_golden.py writes.
func unigrams(t testing.TB) map[string][]byte {
	t.Helper()
	data, err := os.ReadFile("../testdata/unigram.json")
	require.NoError(t, err)
	var g struct {
		Models []struct {
			Name  string
			Model []byte
		}
	}
	require.NoError(t, json.Unmarshal(data, &g))
	models := map[string][]byte{}
	for _, m := range g.Models {
		models[m.Name] = m.Model
	}
	require.Len(t, models, 3)
	return models
}

// goldens are the tokenizer.json files that scripts/tokenizers_golden.py writes.
func goldens(t testing.TB) map[string][]byte {
	t.Helper()
	data, err := os.ReadFile("../testdata/golden.json")
	require.NoError(t, err)
	var g struct {
		Models     map[string]json.RawMessage
		Tokenizers []struct {
			Name, Model string
			Parts       map[string]json.RawMessage
		}
	}
	require.NoError(t, json.Unmarshal(data, &g))
	files := map[string][]byte{}
	for _, k := range g.Tokenizers {
		top := maps.Clone(k.Parts)
		top["model"] = g.Models[k.Model]
		files[k.Name], err = json.Marshal(top)
		require.NoError(t, err)
	}
	return files
}

// TestUnigram: SentencePiece models are what GGUF files say; tokenizer.json files can say
// it of one that replaces no characters and leaves spaces as they are.
func TestUnigram(t *testing.T) {
	texts := parity(t)
	for name, want := range map[string]string{"plain": "", "bytes": "user-defined token", "sums": "would encode"} {
		t.Run(name, func(t *testing.T) {
			dir := directory(t, map[string][]byte{"tokenizer.model": unigrams(t)[name]})
			spm, err := tokenizer.Open(dir)
			require.NoError(t, err)
			kv, notes, err := ToGGUF(dir, spm.VocabSize()+1)
			require.NoError(t, err)
			require.Empty(t, notes)
			f := written(t, kv)
			got, err := tokenizer.LoadGGUF(f, name)
			require.NoError(t, err)
			requireSame(t, spm, got, texts)
			data, err := ToJSON(f, name)
			if want != "" {
				require.ErrorContains(t, err, want)
				return
			}
			require.NoError(t, err)
			back, err := tokenizer.LoadJSON(data, name)
			require.NoError(t, err)
			for _, text := range texts { // control tokens as text differ by design
				require.Equal(t, spm.Encode(nil, text, tokenizer.Options{}), back.Encode(nil, text, tokenizer.Options{}), "%q", text)
			}
			again, _, err := ToGGUF(directory(t, map[string][]byte{"tokenizer.json": data}), spm.VocabSize()+1)
			require.NoError(t, err)
			require.Equal(t, kv, again)
		})
	}
}

// TestUnigramRefused: with a table of characters the kinds of files differ.
func TestUnigramRefused(t *testing.T) {
	files := goldens(t)
	for name, want := range map[string]string{
		"t5": "would encode", "t5 old": "would encode", "unigram whole": "would encode", "unigram bytes": "the normalizer Nmt",
		"unigram positive": "the normalizer Replace", "unigram some bytes": "would decode",
	} {
		_, _, err := ToGGUF(directory(t, map[string][]byte{"tokenizer.json": files[name]}), 1000)
		require.ErrorContains(t, err, want, name)
	}
}

// TestGoldens: none of many kinds of tokenizers makes a file that encodes differently.
func TestGoldens(t *testing.T) {
	texts, made, composed := parity(t), 0, 0
	for name, data := range goldens(t) {
		want, err := tokenizer.LoadJSON(data, name)
		require.NoError(t, err)
		kv, notes, err := ToGGUF(directory(t, map[string][]byte{"tokenizer.json": data}), want.VocabSize())
		if err != nil {
			continue
		}
		made++
		texts := texts
		if strings.Contains(strings.Join(notes, ""), "(NFC)") {
			composed++
			texts = slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return !norm.NFC.IsNormalString(text) })
		} else {
			require.Empty(t, notes, name)
		}
		got, err := tokenizer.LoadGGUF(entries(kv), name)
		require.NoError(t, err)
		requireSame(t, want, got, texts)
	}
	require.GreaterOrEqual(t, made, 4)
	require.Positive(t, composed)
}

// TestAddedFiles: tokens of files beside a tokenizer.model.
func TestAddedFiles(t *testing.T) {
	files := map[string][]byte{
		"tokenizer.model":         packed.Read(t, "tokenizers/llama2/tokenizer.model"),
		"added_tokens.json":       []byte(`{"<pad>": 32000, "<|user|>": 32001}`),
		"special_tokens_map.json": []byte(`{"pad_token": "<pad>"}`),
	}
	dir := directory(t, files)
	want, err := tokenizer.Open(dir)
	require.NoError(t, err)
	kv, _, err := ToGGUF(dir, 32008)
	require.NoError(t, err)
	types, _ := entries(kv).Int32s(prefix + "token_type")
	require.Equal(t, []int32{tokenizer.TypeControl, tokenizer.TypeUser, tokenizer.TypeUnused}, types[32000:32003])
	got, err := tokenizer.LoadGGUF(entries(kv), "llama2")
	require.NoError(t, err)
	requireSame(t, want, got, []string{"a<|user|>b", "<pad> <pad>x", "<|user|> hello <pad>"})

	files["tokenizer.model"] = unigrams(t)["plain"]
	files["added_tokens.json"] = []byte(`{"<|user|>": 300}`)
	_, _, err = ToGGUF(directory(t, files), 400)
	require.ErrorContains(t, err, "after characters are replaced")
	files["tokenizer.model"] = []byte("AA== 0\nAQ== 1\n")
	_, _, err = ToGGUF(directory(t, files), 400)
	require.Error(t, err)
}
