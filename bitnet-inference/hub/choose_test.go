package hub

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChoose(t *testing.T) {
	hf := []string{"config.json", "model.safetensors", "tokenizer.json", "README.md", "pytorch_model.bin"}
	for name, test := range map[string]struct {
		names, ref, want string // want: the files, or what the error says
	}{
		"the only one":        {"README.md a.gguf", "", "a.gguf"},
		"not a projector":     {"mmproj-a.gguf x.imatrix.gguf a.gguf", "", "a.gguf"},
		"i2_s before others":  {"a-f16.gguf a-i2_s.gguf a-tq2_0.gguf", "", "a-i2_s.gguf"},
		"tq2_0 before tq1_0":  {"a-TQ1_0.gguf a-TQ2_0.gguf a-bf16.gguf", "", "a-TQ2_0.gguf"},
		"what ends in it":     {"a-bf16-i2_s.gguf a-bf16.gguf", ":bf16", "a-bf16.gguf"},
		"of another type":     {"a-bf16-i2_s.gguf a-f32.gguf", ":bf16", "error: no file is \"bf16\""},
		"both types":          {"a-bf16-i2_s.gguf a-f32.gguf", ":bf16-i2_s", "a-bf16-i2_s.gguf"},
		"not at its end":      {"a-bf16-v2.gguf a-f32.gguf", ":bf16", "a-bf16-v2.gguf"},
		"two of them":         {"a-i2_s.gguf b-i2_s.gguf", "", "error: several models"},
		"two, one named":      {"a-i2_s.gguf b-i2_s.gguf", ":b-i2_s.gguf", "b-i2_s.gguf"},
		"none preferred":      {"a-q4_k.gguf a-q5_k.gguf", "", "error: several models, name one behind a colon: a-q4_k.gguf, a-q5_k.gguf"},
		"another case":        {"ggml-model-i2_s.gguf x.gguf", ":I2_S", "ggml-model-i2_s.gguf"},
		"not a part of one":   {"a-q4_0_4_4.gguf a-iq4_0.gguf", ":q4_0", "error: no file is \"q4_0\""},
		"by dots":             {"a.Q4_0.gguf a.Q4_0_4_4.gguf", ":q4_0", "a.Q4_0.gguf"},
		"by directory":        {"Q8_0/m.gguf Q4_0/m.gguf", ":q8_0", "Q8_0/m.gguf"},
		"ambiguous type":      {"a-q4_0.gguf b-q4_0.gguf", ":q4_0", "error: fits several files"},
		"all parts":           {"d/m-00002-of-00002.gguf d/m-00001-of-00002.gguf", "", "d/m-00001-of-00002.gguf d/m-00002-of-00002.gguf"},
		"parts by type":       {"m-i2_s-00001-of-00002.gguf m-i2_s-00002-of-00002.gguf x.gguf", ":i2_s", "m-i2_s-00001-of-00002.gguf m-i2_s-00002-of-00002.gguf"},
		"by any part":         {"m-00001-of-00002.gguf m-00002-of-00002.gguf x.gguf", ":m-00002-of-00002.gguf", "m-00001-of-00002.gguf m-00002-of-00002.gguf"},
		"in capitals":         {"m-F16.GGUF m-I2_S.GGUF x.GGUF", "", "m-I2_S.GGUF"},
		"capitals by type":    {"m-F16.GGUF m-I2_S.GGUF", ":f16", "m-F16.GGUF"},
		"parts in capitals":   {"M-I2_S-00001-OF-00002.GGUF M-I2_S-00002-OF-00002.GGUF x.gguf", ":i2_s", "M-I2_S-00001-OF-00002.GGUF M-I2_S-00002-OF-00002.GGUF"},
		"parts in two cases":  {"m-00001-of-00002.gguf m-00002-of-00002.GGUF", "", "error: 1 of them"},
		"a part missing":      {"m-00001-of-00002.gguf", "", "error: 1 of them"},
		"the first missing":   {"m-00002-of-00001.gguf", "", "error: 1 of them"},
		"beside half a one":   {"a.gguf b-00001-of-00002.gguf", "", "a.gguf"},
		"half of it asked":    {"a.gguf b-00001-of-00002.gguf", ":b-00001-of-00002.gguf", "error: 1 of them"},
		"half a type asked":   {"a.gguf b-i2_s-00001-of-00002.gguf", ":i2_s", "error: 1 of them"},
		"another type asked":  {"a-f16.gguf b-i2_s-00001-of-00002.gguf", ":f16", "a-f16.gguf"},
		"half, or directory":  {"config.json model.safetensors b-00001-of-00002.gguf", ":safetensors", "config.json model.safetensors"},
		"half, not directory": {"config.json model.safetensors b-00001-of-00002.gguf", "", "error: 1 of them"},
		"no such file":        {"a.gguf", ":b.gguf", "error: no file b.gguf; there are a.gguf"},
		"no gguf":             {strings.Join(hf, " "), "", "config.json model.safetensors tokenizer.json"},
		"gguf before":         {strings.Join(hf, " ") + " a.gguf", "", "a.gguf"},
		"directory asked":     {strings.Join(hf, " ") + " a.gguf", ":SafeTensors", "config.json model.safetensors tokenizer.json"},
		"type of none":        {strings.Join(hf, " "), ":i2_s", "error: no GGUF file"},
		"shards":              {"config.json model-00001-of-00002.safetensors model-00002-of-00002.safetensors model.safetensors.index.json consolidated.safetensors", "", "config.json model-00001-of-00002.safetensors model-00002-of-00002.safetensors model.safetensors.index.json"},
		"shards, no index":    {"config.json model-00001-of-00002.safetensors model-00002-of-00002.safetensors", "", "error: orders them"},
		"another name":        {"config.json weights.safetensors adapter_model.safetensors", "", "config.json weights.safetensors"},
		"no config":           {"model.safetensors", "", "error: no config.json"},
		"pickles":             {"config.json pytorch_model.bin optimizer.pt", "", "error: pickles (pytorch_model.bin)"},
		"nothing":             {"README.md", "", "error: neither"},
		"not in directories":  {"config.json original/model.safetensors onnx/config.json", "", "error: neither"},
		"tokens and pooling":  {"config.json model.safetensors qwen.tiktoken 1_Pooling/config.json a/1_Pooling/config.json modules.json x.py", "", "1_Pooling/config.json config.json model.safetensors modules.json qwen.tiktoken"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := choose(strings.Fields(test.names), ref(t, "hf.co/a/b"+test.ref))
			if want, ok := strings.CutPrefix(test.want, "error: "); ok {
				require.ErrorContains(t, err, want)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, strings.Join(got.files, " "))
			if strings.Contains(strings.ToLower(test.want), ".gguf") {
				require.Equal(t, got.files[0], got.main)
			} else {
				require.Empty(t, got.main)
			}
		})
	}
}

func TestLongList(t *testing.T) {
	var names []string
	for _, c := range "abcdefghijklmnopqrstuvwxyz" {
		names = append(names, string(c)+".gguf")
	}
	_, err := choose(names, Ref{Repo: "a/b"})
	require.ErrorContains(t, err, "l.gguf, and 14 more")
}
