package osinfo

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func treeOf(files map[string]string) Tree {
	fsys := fstest.MapFS{}
	for name, content := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return Tree{fsys}
}

func TestTreeMemory(t *testing.T) {
	for _, tt := range []struct {
		meminfo          string
		total, available uint64
		known            bool
	}{
		{"MemTotal: 1024 kB\nMemAvailable: 512 kB\n", 1 << 20, 512 << 10, true},
		{"MemTotal: 1024 kB\nMemAvailable: 4096 kB\n", 1 << 20, 1 << 20, true}, // more than there is
		{"MemTotal: 1024 kB\nMemAvailable: 0 kB\n", 1 << 20, 1, true},          // under pressure
		{"MemTotal: 1024 kB\nMemAvailable: -1 kB\n", 1 << 20, 0, false},
		{"MemTotal: 1024\n", 0, 0, false},
		{"MemTotal: 1024 kB\n", 1 << 20, 0, false}, // kernels before 3.14
		{"MemTotal: 18446744073709551615 kB\n", 0, 0, false},
		{"MemAvailable: 5 kB\n", 0, 0, false},
	} {
		total, available, err := treeOf(map[string]string{"proc/meminfo": tt.meminfo}).Memory()
		require.Equal(t, tt.total, total, tt.meminfo)
		require.Equal(t, tt.available, available, tt.meminfo)
		require.Equal(t, tt.known, err == nil, "%q: %v", tt.meminfo, err)
	}
	_, _, err := treeOf(nil).Memory()
	require.ErrorContains(t, err, "proc/meminfo")
}

func TestRead(t *testing.T) {
	tree := treeOf(map[string]string{"a": " text\n", "huge": strings.Repeat("x", maxFile+1)})
	text, err := tree.Read("a")
	require.NoError(t, err)
	require.Equal(t, "text", text)
	require.Equal(t, "text", tree.Text("a"))
	require.Len(t, tree.Text("huge"), maxFile)
	require.Empty(t, tree.Text("none"))
	_, err = tree.Read("none")
	require.Error(t, err)
}

// TestMemory asks the machine at hand.
func TestMemory(t *testing.T) {
	total, available, err := Memory()
	switch runtime.GOOS {
	case "linux", "darwin", "windows":
		require.NoError(t, err)
		require.Greater(t, total, uint64(64<<20))
		require.LessOrEqual(t, available, total)
		require.Positive(t, available)
	default:
		require.ErrorIs(t, err, errors.ErrUnsupported)
	}
}
