package transcode

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBehind writes pieces of all sizes, more than all buffers hold.
func TestBehind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	f, err := os.Create(path)
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(5, 6))
	var want []byte
	b := newBehind(f)
	for len(want) < 2*behindCount*behindBytes {
		data := bytes.Repeat([]byte{byte(rng.Uint32())}, rng.IntN(1<<rng.IntN(23)))
		for i := range min(len(data), 100) {
			data[i] = byte(rng.Uint32())
		}
		n, err := b.Write(data)
		require.NoError(t, err)
		require.Len(t, data, n)
		want = append(want, data...)
		clear(data) // it was copied
	}
	require.NoError(t, b.Close())
	require.NoError(t, f.Close())
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got))
}

// TestBehindFails: an error of the file comes back from a later Write, at the latest from
// Close, and nobody waits for ever.
func TestBehindFails(t *testing.T) {
	f, err := os.Open(os.DevNull) // for reading
	require.NoError(t, err)
	defer f.Close()
	b := newBehind(f)
	for range 3 * behindCount {
		if _, err = b.Write(make([]byte, behindBytes)); err != nil {
			break
		}
	}
	require.Error(t, err)
	require.Error(t, b.Close())
}
