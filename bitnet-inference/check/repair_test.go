package check

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/transcode"
)

// TestRepairedOrder: the repair gives back the very bytes.
func TestRepairedOrder(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.gguf")
	transcodeModel(t, golden.Path(t, "models", "fable-29m"), good, transcode.Options{})
	b := readGGUF(t, good)
	toARM(b)
	require.NotEqual(t, readGGUF(t, good).data(q0), b.data(q0))
	arm := b.write(t)
	transcodeModel(t, arm, filepath.Join(dir, "again.gguf"), transcode.Options{I2SOrder: "arm"})
	require.Equal(t, readGGUF(t, good).tensors, readGGUF(t, filepath.Join(dir, "again.gguf")).tensors)
	for _, o := range []transcode.Options{{I2SOrder: "mips"}, {WeightScale: "add"}, {WeightScale: "divide"}} {
		_, err := transcode.New(t.Context(), arm, filepath.Join(dir, "no.gguf"), o)
		require.Error(t, err)
	}
}

// types returns the types of a model's tensors by name.
func types(t *testing.T, path string) map[string]string {
	ck, err := checkpoint.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, ck.Close()) }()
	all := map[string]string{}
	for _, info := range ck.Tensors() {
		all[info.Name] = info.Type
	}
	return all
}

// TestRepairKeepsTypes: repairs change what they repair, and no type. Master weights stay
// masters.
func TestRepairKeepsTypes(t *testing.T) {
	dir := t.TempDir()
	packed := golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed")
	file := func(o transcode.Options) string {
		dst := filepath.Join(dir, "m-"+strings.Join(append([]string{o.Type}, o.Tensors...), "-")+".gguf")
		transcodeModel(t, packed, dst, o)
		return dst
	}
	for _, src := range []string{
		file(transcode.Options{}),
		file(transcode.Options{Type: "q2_0", Tensors: []string{"ffn_down=i2_s"}}), // whose rows are no whole blocks
		file(transcode.Options{Type: "tq2_0", Tensors: []string{"ffn_down=i2_s"}}),
		file(transcode.Options{Tensors: []string{"ffn_up=f32"}}),
		file(transcode.Options{Type: "f32", Tensors: []string{"ffn_up=i2_s"}}),
		packed,
		golden.Committed(t, "golden", "transformers", "bitnet-2b4t-master"),
		golden.Committed(t, "golden", "transformers", "llama-bitlinear-packed"),
		golden.Committed(t, "golden", "families", "1bitllm-large"),
		golden.Committed(t, "golden", "families", "trilm"),
		golden.Committed(t, "golden", "embed", "qwen3-bitnet"),
	} {
		path := filepath.Join(t.TempDir(), filepath.Base(src))
		if filepath.Ext(src) == ".gguf" {
			require.NoError(t, os.Link(src, path))
		} else {
			path = copyDir(t, src, nil)
		}
		want := types(t, path)
		ck, err := checkpoint.Open(path)
		require.NoError(t, err)
		c := &checker{ck: ck}
		repaired := run(t, c.repair())
		require.Equal(t, want, types(t, repaired), src)
		again, err := checkpoint.Open(repaired)
		require.NoError(t, err)
		require.Equal(t, ck.Quantization, again.Quantization)
		require.Equal(t, ck.Config, again.Config)
		require.NoError(t, ck.Close())
		require.NoError(t, again.Close())
	}
}

// TestRead: a directory is checked as it is to be read, and so is its repair.
func TestRead(t *testing.T) {
	replace := func(old, to string) func(string) string {
		return func(s string) string {
			require.Contains(t, s, old)
			return strings.ReplaceAll(s, old, to)
		}
	}
	src := copyDir(t, golden.Committed(t, "golden", "families", "trilm"), map[string]func(string) string{
		"config.json": replace(`"model_type"`, `"eos_token_id": null, "model_type"`),
	})
	online := Options{Read: checkpoint.Options{Online: true}}
	ck, err := checkpoint.OpenWith(src, online.Read)
	require.NoError(t, err)
	c := &checker{ck: ck, opts: online}
	require.Contains(t, c.repair(), " --quantization online")
	run(t, c.repair())
	require.NoError(t, ck.Close())
	r, err := File(t.Context(), src, online)
	require.NoError(t, err)
	require.Zero(t, r.Count(Error), "%+v", r.Findings)

	var unfit *checkpoint.OptionsError
	for _, elem := range [][]string{{"transformers", "bitnet-2b4t-packed"}, {"families", "1bitllm-3b.gguf"}} {
		_, err := File(t.Context(), golden.Committed(t, append([]string{"golden"}, elem...)...), online)
		require.ErrorAs(t, err, &unfit, "it is no fault of the model")
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{"a-b/c.gguf": "a-b/c.gguf", "my model": "'my model'", "it's": `'it'\''s'`, "": "''", "x;rm": "'x;rm'", "a=u32:1": "a=u32:1"} {
		require.Equal(t, want, quote(in))
	}
}
