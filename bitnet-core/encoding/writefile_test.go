package encoding_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding"
)

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	put := func(s string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
	}
	mode := func() os.FileMode {
		info, err := os.Stat(path)
		require.NoError(t, err)
		return info.Mode().Perm()
	}
	require.NoError(t, encoding.WriteFile(path, put("one")))
	if runtime.GOOS != "windows" {
		require.Equal(t, os.FileMode(0o644), mode())
		require.NoError(t, os.Chmod(path, 0o600))
	}
	require.NoError(t, encoding.WriteFile(path, put("two")))
	if runtime.GOOS != "windows" {
		require.Equal(t, os.FileMode(0o600), mode(), "a replaced file keeps its mode")
	}
	fail := errors.New("fail")
	require.ErrorIs(t, encoding.WriteFile(path, func(w io.Writer) error { return errors.Join(put("three")(w), fail) }), fail)
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "two", string(b))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing is left behind")
	require.ErrorIs(t, encoding.WriteFile(filepath.Join(dir, "none", "f"), put("")), os.ErrNotExist)
}

// TestWriteCache: the file is whole or not there, and for its owner alone.
func TestWriteCache(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache")
	broken := errors.New("broken")
	require.ErrorIs(t, encoding.WriteCache(path, func(w io.Writer) error {
		_, _ = w.Write([]byte("half"))
		return broken
	}), broken)
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Empty(t, entries)
	for _, text := range []string{"one", "another"} {
		require.NoError(t, encoding.WriteCache(path, func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return err
		}))
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, text, string(data))
		if info, err := os.Stat(path); runtime.GOOS != "windows" {
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		}
	}
}
