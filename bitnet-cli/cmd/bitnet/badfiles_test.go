package main_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// TestDamagedGGUF cuts a model at many places and spoils single bytes of its
// header. Every verb answers with one line that names the file, or, where the
// byte did not matter, works.
func TestDamagedGGUF(t *testing.T) {
	whole, err := os.ReadFile(golden.Committed(t, "golden", "ternary", "models", "tiny-b158-tq2_0.gguf"))
	require.NoError(t, err)
	dir := t.TempDir()
	file := filepath.Join(dir, "damaged.gguf")
	write := func(data []byte) { require.NoError(t, os.WriteFile(file, data, 0o644)) }

	for _, n := range []int{0, 1, 4, 8, 23, 24, 31, 100, 1000, 10_000, len(whole) / 2, len(whole) - 1} {
		write(whole[:n])
		for _, args := range [][]string{{"run", file, "--ids", "1", "-n", "1"}, {"show", file}, {"tokenize", "--tokenizer", file, "x"}} {
			r := bitnet(t, "", args...)
			if r.code == 0 && args[0] != "run" {
				continue // what it needs is before the cut
			}
			failsInOneLine(t, r, "damaged.gguf")
		}
	}
	for at := 0; at < 1200; at += 37 {
		spoilt := append([]byte(nil), whole...)
		spoilt[at] ^= 0xff
		write(spoilt)
		if r := bitnet(t, "", "run", file, "--ids", "1,2", "-n", "1"); r.code != 0 {
			failsInOneLine(t, r)
		}
	}
	for name, at := range map[string]int{"tensors": 8, "key-value pairs": 16} {
		t.Run("too many "+name, func(t *testing.T) {
			spoilt := append([]byte(nil), whole...)
			binary.LittleEndian.PutUint64(spoilt[at:], 1<<60)
			write(spoilt)
			failsInOneLine(t, bitnet(t, "", "show", file), "damaged.gguf")
		})
	}
}

// TestDamagedDirectory does the same to the files of a Hugging Face directory.
func TestDamagedDirectory(t *testing.T) {
	source := golden.Committed(t, "golden", "transformers", "llama-bitlinear-packed")
	config, err := os.ReadFile(filepath.Join(source, "config.json"))
	require.NoError(t, err)
	weights, err := os.ReadFile(filepath.Join(source, "model.safetensors"))
	require.NoError(t, err)
	lying := append([]byte(nil), weights...)
	binary.LittleEndian.PutUint64(lying, 1<<62)

	for name, files := range map[string]map[string][]byte{
		"empty":             {},
		"no weights":        {"config.json": config},
		"no config":         {"model.safetensors": weights},
		"config of nothing": {"config.json": nil, "model.safetensors": weights},
		"config of null":    {"config.json": []byte("null"), "model.safetensors": weights},
		"config of lists":   {"config.json": []byte("[[[["), "model.safetensors": weights},
		"other model":       {"config.json": []byte(`{"model_type":"mamba"}`), "model.safetensors": weights},
		"cut weights":       {"config.json": config, "model.safetensors": weights[:len(weights)-1]},
		"cut header":        {"config.json": config, "model.safetensors": weights[:100]},
		"no bytes":          {"config.json": config, "model.safetensors": nil},
		"lying header":      {"config.json": config, "model.safetensors": lying},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for f, data := range files {
				require.NoError(t, os.WriteFile(filepath.Join(dir, f), data, 0o644))
			}
			for _, args := range [][]string{{"run", dir, "--ids", "1", "-n", "1"}, {"show", dir}, {"logits", dir, "--ids", "1"}} {
				failsInOneLine(t, bitnet(t, "", args...), dir)
			}
		})
	}
}

func TestDamagedTokenizers(t *testing.T) {
	for name, data := range map[string]string{
		"tokenizer.json":  `{"model":{"type":"BPE","vocab":{"a":0,"b":0},"merges":[["a","b","c"]]}}`,
		"deep.json":       fmt.Sprintf("%s%s", "{\"model\":", string(make([]byte, 1<<16))),
		"empty.json":      "",
		"tokenizer.model": "\n\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
		"words.txt":       "neither of them",
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), name)
			require.NoError(t, os.WriteFile(file, []byte(data), 0o644))
			failsInOneLine(t, bitnet(t, "", "tokenize", "--tokenizer", file, "x"), name)
		})
	}
	failsInOneLine(t, bitnet(t, "", "tokenize", "--tokenizer", filepath.Join(t.TempDir(), "none"), "x"), "none")
	failsInOneLine(t, bitnet(t, "", "tokenize", "--tokenizer", t.TempDir(), "x"), "neither tokenizer.json nor tokenizer.model")
}

func TestWrongFiles(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "notes.txt")
	require.NoError(t, os.WriteFile(file, []byte("not a model"), 0o644))
	failsInOneLine(t, bitnet(t, "", "run", file), "notes.txt")
	failsInOneLine(t, bitnet(t, "", "run", filepath.Join(dir, "none.gguf")), "no such file or directory", "-m fable")
	failsInOneLine(t, bitnet(t, "", "run", "-m", "none", "x"), "no such file or directory", "fable")
	failsInOneLine(t, bitnet(t, "", "run", "-f", dir), "cannot read the prompt")
}
