package train

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden/packed"
)

// stories returns six megabytes of simple English, documents that end at 0x1e.
func stories(t testing.TB) []byte {
	t.Helper()
	return packed.Read(t, "corpus/stories.txt")
}

// TestStories: a tokenizer of the stories has the bytes of the one that the
// Hugging Face library saves. scripts/bpe_golden.py compare prints the sums.
func TestStories(t *testing.T) {
	text := stories(t)
	for _, c := range []struct {
		separator string
		sum       string
	}{
		{"\x1e", "dc8188ba97b75b6ae31319e4638f20f397cdfbe842cbf8a054d750fcf2b7b3b6"},
		{"", "9cbc1734c39ef53de42ad35c3441bc70bc3f4c2d76287ebbcd8cfecfb785058c"},
	} {
		w, err := NewWords(WordOptions{Separator: c.separator, Threads: 2})
		require.NoError(t, err)
		require.NoError(t, w.Read(t.Context(), bytes.NewReader(text)))
		m, err := BPE(t.Context(), w, Options{VocabSize: 8192})
		require.NoError(t, err)
		sum := sha256.New()
		require.NoError(t, m.WriteJSON(sum))
		require.Equal(t, c.sum, hex.EncodeToString(sum.Sum(nil)))
	}
}

func BenchmarkStories(b *testing.B) {
	text := stories(b)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		w, err := NewWords(WordOptions{Separator: "\x1e"})
		require.NoError(b, err)
		require.NoError(b, w.Read(b.Context(), bytes.NewReader(text)))
		_, err = BPE(b.Context(), w, Options{VocabSize: 8192})
		require.NoError(b, err)
	}
}
