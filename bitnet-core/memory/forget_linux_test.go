package memory

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestForget: pages of a mapped file leave the process and come back with what
// the file holds, and other memory is left alone.
func TestForget(t *testing.T) {
	page := os.Getpagesize()
	const pages = 1024
	want := bytes.Repeat([]byte{1, 2, 3, 5, 7}, pages*page/5+1)[:pages*page]
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, want, 0o600))
	b, err := MapFile(path)
	require.NoError(t, err)
	defer b.Release()
	require.Equal(t, want, b.Bytes()) // touches every page

	before := residentFile(t)
	b.Forget(b.Bytes()[1 : len(want)-1]) // all pages but the first and the last are whole
	// Other file pages, of the program itself, may come in meanwhile.
	require.Greater(t, before-residentFile(t), (pages-100)*page)
	require.Equal(t, want, b.Bytes())

	b.Forget(want) // not a part of b
	b.Forget(nil)
	m, err := Mapped().Alloc(4*page, 0)
	require.NoError(t, err)
	defer m.Release()
	copy(m.Bytes(), want)
	m.Forget(m.Bytes())
	require.Equal(t, want[:4*page], m.Bytes())
}

// residentFile returns the bytes of mapped files in this process' memory.
func residentFile(t *testing.T) int {
	t.Helper()
	data, err := os.ReadFile("/proc/self/statm")
	require.NoError(t, err)
	var size, resident, shared int
	_, err = fmt.Sscan(string(data), &size, &resident, &shared)
	require.NoError(t, err)
	return shared * os.Getpagesize()
}
