package tokenizer

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokenizer.json")
	_, err := ReadFile(path)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, os.WriteFile(path, []byte("{}"), 0o600))
	data, err := ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "{}", string(data))
	require.NoError(t, os.Truncate(path, maxFile+1)) // a hole
	_, err = ReadFile(path)
	require.EqualError(t, err, path+" is larger than 256 MiB")
}
