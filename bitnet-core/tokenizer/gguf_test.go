package tokenizer

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/packed"
)

var _ Metadata = (*gguf.File)(nil)

// loadGGUF reads the tokenizer of a GGUF file of the test data, which may be
// packed.
func loadGGUF(t testing.TB, name string) Tokenizer {
	t.Helper()
	path := filepath.Join(t.TempDir(), filepath.Base(name))
	require.NoError(t, os.WriteFile(path, packed.Read(t, name), 0o600))
	f, err := gguf.Open(path)
	require.NoError(t, err)
	defer f.Close()
	tok, err := LoadGGUF(f, name)
	require.NoError(t, err)
	return tok
}

type llamaGolden struct {
	Plain   []int32 `json:"ids_nospecial"`
	Special []int32 `json:"ids_special"`
}

// checkLlama compares with what llama.cpp does.
func checkLlama(t *testing.T, tok Tokenizer, golden string) {
	t.Helper()
	var cases []parityCase
	var want []llamaGolden
	sharedJSON(t, "tokenizers/parity/cases.json", &cases)
	sharedJSON(t, "tokenizers/parity/"+golden, &want)
	require.Len(t, want, 494)
	for i, c := range cases {
		got := tok.Encode(nil, c.Text, Options{NoPostProcess: true})
		require.Equal(t, ids(want[i].Special), ids(got), "case %d %q", i, c.Text)
		plain := tok.Encode(nil, c.Text, Options{NoPostProcess: true, PlainSpecials: true})
		require.Equal(t, ids(want[i].Plain), ids(plain), "case %d %q", i, c.Text)
		checkStream(t, tok, got)
		checkStream(t, tok, plain)
	}
}

func TestParityLlamaCpp(t *testing.T) {
	for _, name := range []string{"llama-bpe", "gpt-2", "falcon", "llama-spm"} {
		t.Run(name, func(t *testing.T) {
			file := "tokenizers/gguf-vocab/ggml-vocab-" + name + ".gguf"
			tok := loadGGUF(t, file)
			checkLlama(t, tok, "llamacpp."+name+".json")

			texts := strings.Split(string(packed.Read(t, file+".inp")), "\n__ggml_vocab_test__\n")
			rows := strings.Split(strings.TrimSuffix(string(packed.Read(t, file+".out")), "\n"), "\n")
			texts = texts[:len(texts)-1] // what follows the last separator
			require.Len(t, texts, len(rows))
			for i, row := range rows {
				want := []int32{}
				for _, f := range strings.Fields(row) {
					id, err := strconv.Atoi(f)
					require.NoError(t, err)
					want = append(want, int32(id))
				}
				require.Equal(t, want, ids(tok.Encode(nil, texts[i], Options{NoPostProcess: true, PlainSpecials: true})), "%q", texts[i])
			}
		})
	}
}

// mapMetadata is Metadata made of a JSON-like map.
type mapMetadata map[string]any

func get[T any](m mapMetadata, key string) (T, bool) { v, ok := m[key].(T); return v, ok }

func (m mapMetadata) String(key string) (string, bool)      { return get[string](m, key) }
func (m mapMetadata) Strings(key string) ([]string, bool)   { return get[[]string](m, key) }
func (m mapMetadata) Int32s(key string) ([]int32, bool)     { return get[[]int32](m, key) }
func (m mapMetadata) Float32s(key string) ([]float32, bool) { return get[[]float32](m, key) }
func (m mapMetadata) Uint(key string) (uint64, bool)        { return get[uint64](m, key) }
func (m mapMetadata) Bool(key string) (bool, bool)          { return get[bool](m, key) }
func (m mapMetadata) Bytes(key string) ([]byte, bool)       { return get[[]byte](m, key) }

// BenchmarkLoadGGUF loads Llama 3's vocabulary, which is 2B-4T's, too.
func BenchmarkLoadGGUF(b *testing.B) {
	const name = "tokenizers/gguf-vocab/ggml-vocab-llama-bpe.gguf"
	path := filepath.Join(b.TempDir(), "vocab.gguf")
	require.NoError(b, os.WriteFile(path, packed.Read(b, name), 0o600))
	for b.Loop() {
		f, err := gguf.Open(path)
		require.NoError(b, err)
		_, err = LoadGGUF(f, name)
		require.NoError(b, err)
		require.NoError(b, f.Close())
	}
}
