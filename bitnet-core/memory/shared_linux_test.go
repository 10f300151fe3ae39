package memory

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestMapFileSharesPages: two processes that map one file hold one copy of it. PSS is
// the resident memory of a process in which each page counts by one over the number
// of processes that map it.
func TestMapFileSharesPages(t *testing.T) {
	const size = 64 << 20
	path := filepath.Join(t.TempDir(), "model")
	require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte{7}, size), 0o600))

	first := startMapping(t, path)
	alone := proportional(t, first.Process.Pid)
	require.Greater(t, alone, size, "the process holds all of the file")
	second := startMapping(t, path)
	a, b := proportional(t, first.Process.Pid), proportional(t, second.Process.Pid)
	t.Logf("PSS of file pages: alone %d MiB, then %d and %d MiB", alone>>20, a>>20, b>>20)
	// The program's own pages are shared by both too, and by this one.
	require.Less(t, a, size/2+8<<20)
	require.Less(t, b, size/2+8<<20)
	require.Greater(t, a+b, size, "one copy there is")
}

// proportional returns the PSS of a process' pages of files, in bytes. Those of files
// on a tmpfs count as shared memory.
func proportional(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	require.NoError(t, err)
	fields, sum := 0, 0
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(line, ":")
		var kib int
		if n, _ := fmt.Sscanf(value, "%d kB", &kib); n == 1 && (key == "Pss_File" || key == "Pss_Shmem") {
			fields, sum = fields+1, sum+kib<<10
		}
	}
	if fields != 2 {
		t.Skip("this kernel does not say Pss_File and Pss_Shmem in smaps_rollup")
	}
	return sum
}

// TestSharedIsSealed: nobody can take pages away from under those who map them, which
// would kill them at the next touch, and nothing is left of it in the end.
func TestSharedIsSealed(t *testing.T) {
	s := newShared(t, 8192)
	f, err := os.OpenFile(s.Path(), os.O_RDWR, 0)
	require.NoError(t, err)
	require.ErrorIs(t, f.Truncate(1), unix.EPERM)
	require.ErrorIs(t, f.Truncate(1<<20), unix.EPERM)
	require.NoError(t, f.Close())
	require.Contains(t, mappings(t), "memfd:bitnet")
	require.NoError(t, s.Close())
	require.NotContains(t, mappings(t), "memfd:bitnet")
}

func mappings(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/proc/self/maps")
	require.NoError(t, err)
	return string(text)
}
