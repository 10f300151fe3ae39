package memory

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMapFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	require.NoError(t, os.WriteFile(path, []byte("hello, mapping"), 0o644))
	b, err := MapFile(path)
	require.NoError(t, err)
	require.Equal(t, "hello, mapping", string(b.Bytes()))
	if runtime.GOOS != "windows" { // which keeps a mapped file from being removed
		require.NoError(t, os.Remove(path))
		require.Equal(t, "hello, mapping", string(b.Bytes()))
	}
	b.Release()

	require.NoError(t, os.WriteFile(path, nil, 0o644))
	b, err = MapFile(path)
	require.NoError(t, err)
	require.Zero(t, b.Len())
	b.Release()

	_, err = MapFile(filepath.Join(dir, "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = MapFile(dir)
	require.ErrorContains(t, err, "is a directory, want a file")
	if runtime.GOOS == "linux" {
		_, err = MapFile("/dev/null")
		require.EqualError(t, err, "open /dev/null: is no regular file, so it cannot be mapped")
	}
}

// TestMapFilePrivate: what is written stays in its Buffer, whichever way the pages
// are dropped and read again.
func TestMapFilePrivate(t *testing.T) {
	want := bytes.Repeat([]byte("ternary "), 3*os.Getpagesize()/8)
	path := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.WriteFile(path, want, 0o444)) // reading is enough
	first, err := MapFilePrivate(path)
	require.NoError(t, err)
	second, err := MapFilePrivate(path)
	require.NoError(t, err)
	changed := bytes.Clone(want)
	for i := 1; i < len(want); i += os.Getpagesize() {
		first.Bytes()[i], changed[i] = 0xff, 0xff
	}
	first.Forget(first.Bytes())
	require.Equal(t, changed, first.Bytes())
	require.Equal(t, want, second.Bytes())
	slice := first.Slice(1, 10)
	first.Release()
	require.Equal(t, changed[1:11], slice.Bytes())
	slice.Release()
	second.Release()
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, want, after)

	_, err = MapFilePrivate(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestReadOnly: writing to bytes that are only to be read faults.
func TestReadOnly(t *testing.T) {
	newShared(t, 1).Close() // or skip: without mappings nothing faults
	path := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.WriteFile(path, []byte("weights"), 0o600))
	for name, open := range map[string]func() (Buffer, error){
		"MapFile":    func() (Buffer, error) { return MapFile(path) },
		"OpenShared": func() (Buffer, error) { return OpenShared(path, ReadOnly) },
	} {
		t.Run(name, func(t *testing.T) {
			b, err := open()
			require.NoError(t, err)
			defer b.Release()
			defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
			require.Panics(t, func() { b.Bytes()[0] = 'W' })
			require.Equal(t, "weights", string(b.Bytes()))
		})
	}
}
