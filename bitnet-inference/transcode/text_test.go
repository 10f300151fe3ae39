package transcode

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/contents"
	"github.com/bitnet-go/bitnet/bitnet-inference/chat"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

// TestRepairs mends a file with the faults of published ones.
func TestRepairs(t *testing.T) {
	dir := t.TempDir()
	good, bad, mended := filepath.Join(dir, "good.gguf"), filepath.Join(dir, "bad.gguf"), filepath.Join(dir, "mended.gguf")
	convertModel(t, golden.Path(t, "models", "fable-29m"), good, Options{})
	kv, tensors := contents.GGUF(t, good)
	kv = slices.DeleteFunc(kv, func(e gguf.KV) bool { return e.Key == "tokenizer.ggml.pre" })
	kv = append(kv, gguf.KV{Key: "tokenizer.chat_template", Value: placeholderTemplate})
	twin := tensors[slices.IndexFunc(tensors, func(x gguf.TensorData) bool { return x.Name == "token_embd.weight" })]
	twin.Name = "output.weight"
	require.NoError(t, gguf.WriteFile(bad, kv, append(tensors, twin)))

	p := convertModel(t, bad, mended, Options{Set: []string{"general.name=mended", "general.url=str:x:y"}})
	require.Len(t, p.Notes, 3)
	f, err := gguf.Open(mended)
	require.NoError(t, err)
	defer f.Close()
	for key, want := range map[string]string{"tokenizer.ggml.pre": "llama-bpe", "general.name": "mended", "general.url": "x:y"} {
		got, _ := f.String(key)
		require.Equal(t, want, got, key)
	}
	_, there := f.Info("output.weight")
	require.False(t, there)
	template, _ := f.String("tokenizer.chat_template")
	messages := []chat.Message{{Role: "user", Content: " Hello "}, {Role: "assistant", Content: "Hi"}, {Role: "user", Content: "Bye"}}
	jinja, err := chat.FromJinja(template, "", chat.Vars{BOSToken: "<|begin_of_text|>"})
	require.NoError(t, err)
	got, err := jinja.Render(messages, true)
	require.NoError(t, err)
	builtin, _ := chat.Builtin("bitnet-2b4t")
	segments, err := builtin.Segments(messages, true)
	require.NoError(t, err)
	var want string
	for _, s := range segments {
		want += s.Text
	}
	require.Equal(t, want, got)
}

const placeholderTemplate = "{% for m in messages %}Human: {{ m }}BITNETAssistant: {% endfor %}"

// TestPlaceholderOfDirectory: a placeholder is replaced in both formats, and said to be so
// where that was done.
func TestPlaceholderOfDirectory(t *testing.T) {
	const note = "the chat template was a placeholder that BitNet b1.58 2B-4T was not trained on: replaced"
	src, bare := copyModel(t, packed(t), nil), copyModel(t, packed(t), nil)
	config, err := json.Marshal(map[string]any{"chat_template": placeholderTemplate})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(src, "tokenizer_config.json"), config, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(bare, "chat_template.jinja"), []byte(placeholderTemplate), 0o600))
	dir := t.TempDir()
	for i, from := range []string{src, bare} {
		dst := filepath.Join(dir, fmt.Sprint(i))
		require.Contains(t, convertModel(t, from, dst, Options{}).Notes, note)
		ck, err := checkpoint.Open(dst)
		require.NoError(t, err)
		require.Equal(t, template2B4T, ck.Chat.Template)
		require.NoError(t, ck.Close())
		require.NotContains(t, convertModel(t, dst, dst+"-again", Options{}).Notes, note)
		require.NotContains(t, convertModel(t, from, dst+"-none", Options{NoTokenizer: true}).Notes, note)
	}
	// Without a tokenizer there is no template in a GGUF file either.
	require.NotContains(t, convertModel(t, src, filepath.Join(dir, "m.gguf"), Options{}).Notes, note)
}

func TestParseSetting(t *testing.T) {
	old := func(key string) (any, bool) {
		v, ok := map[string]any{"n": uint32(3), "b": true, "list": []string{"a"}}[key]
		return v, ok
	}
	for text, want := range map[string]any{
		"n=4": uint32(4), "n=i64:-4": int64(-4), "b=false": false, "x=1": int32(1), "x=10000000000": int64(1e10), "x=1.5": float32(1.5),
		"x=true": true, "x=text": "text", "x=str:1": "1", "x=http://a": "http://a", "x=": "", "n=u8:7": uint8(7), "x=f64:2": 2.0,
	} {
		_, v, err := parseSetting(text, old)
		require.NoError(t, err, text)
		require.Equal(t, want, v, text)
	}
	for text, want := range map[string]string{
		"n": "is not KEY=VALUE", "=1": "is not KEY=VALUE", "n=-1": "the value is no u32", "n=bool:7": "the value is no bool", "list=b": "an array",
	} {
		_, _, err := parseSetting(text, old)
		require.ErrorContains(t, err, want, text)
	}
}

// TestSettingOfDirectory: entries of config.json are JSON, unless a type says what they are.
func TestSettingOfDirectory(t *testing.T) {
	file, dst := filepath.Join(t.TempDir(), "m.gguf"), filepath.Join(t.TempDir(), "dir")
	convertModel(t, packed(t), file, Options{})
	convertModel(t, file, dst, Options{Set: []string{
		"a=u32:5", "b=str:5", "c=5", "d=[1, 2]", `e={"f": true}`, "g=x:y", "h=f32:0.1", "i=",
	}})
	var config map[string]any
	golden.JSON(t, filepath.Join(dst, "config.json"), &config)
	for key, want := range map[string]any{
		"a": 5.0, "b": "5", "c": 5.0, "d": []any{1.0, 2.0}, "e": map[string]any{"f": true}, "g": "x:y", "h": 0.1, "i": "",
	} {
		require.Equal(t, want, config[key], key)
	}
	for text, want := range map[string]string{"a=u32:x": "the value is no u32", "a": "is not KEY=VALUE"} {
		_, err := New(t.Context(), file, dst+"2", Options{Set: []string{text}})
		require.ErrorContains(t, err, want)
	}
}
