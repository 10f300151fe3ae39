package tokenizer

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden/packed"
)

func loadShared(t testing.TB, name string) Tokenizer {
	t.Helper()
	tok, err := LoadJSON(packed.Read(t, name), name)
	require.NoError(t, err)
	return tok
}

func TestParityHF(t *testing.T) {
	for name, golden := range map[string]string{
		"llama3_1": "golden.llama3_1.json",
		"gpt2":     "golden.gpt2.json",
		"qwen3":    "golden.qwen3.json",
		"mistral":  "golden.mistral_v0.1.json",
	} {
		t.Run(name, func(t *testing.T) {
			checkHF(t, loadShared(t, "tokenizers/"+name+"/tokenizer.json"), golden)
		})
	}
}

func BenchmarkLoadJSON(b *testing.B) {
	for name, file := range map[string]string{
		"llama3": "tokenizers/llama3_1/tokenizer.json",
		"fable":  "models/fable-29m/tokenizer.json",
	} {
		b.Run(name, func(b *testing.B) {
			data := packed.Read(b, file)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				_, err := LoadJSON(data, file)
				require.NoError(b, err)
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	text := string(packed.Read(b, "eval/wikitext2.valid.txt"))
	for name, file := range map[string]string{
		"llama3":  "tokenizers/llama3_1/tokenizer.json",
		"gpt2":    "tokenizers/gpt2/tokenizer.json",
		"mistral": "tokenizers/mistral/tokenizer.json",
		"fable":   "models/fable-29m/tokenizer.json",
	} {
		b.Run(name, func(b *testing.B) {
			tok := loadShared(b, file)
			var dst []int32
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				dst = tok.Encode(dst[:0], text, Options{})
			}
		})
	}
}
