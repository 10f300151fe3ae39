package compare

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/contents"
	"github.com/bitnet-go/bitnet/bitnet-inference/transcode"
)

// editedTokenizer copies a directory with its tokenizer.json changed.
func editedTokenizer(t *testing.T, src string, change func(model, file map[string]any)) string {
	t.Helper()
	dir := edited(t, src, nil, nil)
	path := filepath.Join(dir, "tokenizer.json")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var file map[string]any
	require.NoError(t, json.Unmarshal(data, &file))
	change(file["model"].(map[string]any), file)
	data, err = json.Marshal(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return dir
}

// editedGGUF copies a file with some of its metadata changed.
func editedGGUF(t *testing.T, src string, set map[string]any) string {
	t.Helper()
	kv, all := contents.GGUF(t, src)
	for i := range kv {
		if v, ok := set[kv[i].Key]; ok {
			kv[i].Value = v
		}
	}
	dst := filepath.Join(t.TempDir(), "edited.gguf")
	require.NoError(t, gguf.WriteFile(dst, kv, all))
	return dst
}

func TestTokenizers(t *testing.T) {
	src := golden.Path(t, "models", "fable-29m")
	file := converted(t, src, "m.gguf", transcode.Options{})

	r := models(t, file, editedTokenizer(t, src, func(model, _ map[string]any) {
		merges := model["merges"].([]any)
		merges[0], merges[1] = merges[1], merges[0]
	}))
	require.Equal(t, 2, *r.Tokenizer.Merges)
	require.Zero(t, r.Tokenizer.Unequal)
	require.False(t, r.Tokenizer.Same())
	require.True(t, r.Same(), "the weights are")

	r = models(t, file, editedTokenizer(t, src, func(_, file map[string]any) {
		added := file["added_tokens"].([]any)
		added[2].(map[string]any)["special"] = false
	}))
	require.Equal(t, 1, r.Tokenizer.Specials)

	r = models(t, file, editedTokenizer(t, src, func(model, _ map[string]any) {
		vocab := model["vocab"].(map[string]any)
		vocab["a"], vocab["b"] = vocab["b"], vocab["a"]
	}))
	tok := &r.Tokenizer
	require.Equal(t, 2, tok.Unequal)
	require.Contains(t, []string{`"a"`, `"b"`}, tok.First.A)
	require.Positive(t, tok.Encoded)
	require.Equal(t, "a", tok.Example.Text)
	require.NotEqual(t, tok.Example.A, tok.Example.B)

	r = models(t, file, editedTokenizer(t, src, func(_, file map[string]any) {
		file["pre_tokenizer"] = map[string]any{"type": "ByteLevel", "add_prefix_space": false, "use_regex": true} // as GPT-2
	}))
	require.Empty(t, r.Tokenizer.Absent)
	require.Zero(t, r.Tokenizer.Unequal)
	require.Zero(t, *r.Tokenizer.Merges)
	require.Positive(t, r.Tokenizer.Encoded, "the rule of splitting shows in ids")

	r = models(t, file, editedTokenizer(t, src, func(_, file map[string]any) {
		file["normalizer"] = map[string]any{"type": "NFC"} // as Qwen
	}))
	require.Positive(t, r.Tokenizer.Encoded, "characters are composed")

	r = models(t, file, editedGGUF(t, file, map[string]any{"tokenizer.ggml.pre": "gpt-2"}))
	require.Equal(t, "gpt-2", *r.Tokenizer.Split.B)
	require.Len(t, r.Metadata, 1)
}

func TestChatTemplates(t *testing.T) {
	src := golden.Path(t, "models", "fable-29m")
	a, b := edited(t, src, nil, nil), edited(t, src, nil, nil)
	require.NoError(t, os.WriteFile(filepath.Join(a, "chat_template.jinja"), []byte("one\ntwo\nthree"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(b, "chat_template.jinja"), []byte("one\ntoo\nthree"), 0o600))
	x, y := "line 2: two", "line 2: too"
	require.Equal(t, []Field{{"chat template", &x, &y}}, models(t, a, b).Settings)
	x, y = "line 1: one", "none"
	require.Equal(t, []Field{{"chat template", &x, &y}}, models(t, a, src).Settings)
	p, q := templates("one", "one\ntwo")
	require.Equal(t, [2]string{"ends after line 1", "line 2: two"}, [2]string{p, q})
}

func TestSameNumber(t *testing.T) {
	require.True(t, sameNumber("0", "0.0"))
	require.True(t, sameNumber("1e-5", "1e-05"))
	require.False(t, sameNumber("1", "2"))
	require.False(t, sameNumber("true", "true"))
}

func TestScores(t *testing.T) {
	src := golden.Path(t, "models", "stories260K", "stories260K.f32.gguf")
	v, err := open(t, src).Vocabulary()
	require.NoError(t, err)
	require.Len(t, v.Scores, 512)
	changed := append([]float32{}, v.Scores...)
	changed[300]++
	r := models(t, src, editedGGUF(t, src, map[string]any{"tokenizer.ggml.scores": changed}))
	require.Equal(t, 1, *r.Tokenizer.Scores)
	require.Nil(t, r.Tokenizer.Merges)
	require.False(t, r.Tokenizer.Same())
	require.True(t, r.Same())
}
