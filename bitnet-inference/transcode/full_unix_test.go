//go:build linux || darwin

package transcode

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

const limitEnv = "TRANSCODE_TEST_LIMIT" // bytes that a file of the process may have

func init() {
	if n, err := strconv.ParseUint(os.Getenv(limitEnv), 10, 64); err == nil {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGXFSZ)
		limit := syscall.Rlimit{Cur: n, Max: n}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			panic(err)
		}
	}
}

// TestNoRoom: a file that cannot grow is one line, and nothing is left.
func TestNoRoom(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "from.gguf")
	convertModel(t, packed(t), file, Options{})
	for name, from := range map[string]string{"m.gguf": packed(t), "dir": file} {
		dir := t.TempDir()
		dst := filepath.Join(dir, name)
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), helperEnv+"="+from+"\n"+dst, limitEnv+"=200000")
		out, err := cmd.CombinedOutput()
		require.Error(t, err)
		require.Equal(t, dst+": there is no room for 0 MB: file too large", string(out))
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, entries)
	}
}

// TestReadOnly tries a place where nobody can make a file.
func TestReadOnly(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("/proc is of Linux")
	}
	p, err := New(t.Context(), packed(t), "/proc/m.gguf", Options{})
	require.NoError(t, err)
	defer p.Close()
	require.ErrorContains(t, p.Write(t.Context(), nil), "/proc/m.gguf: cannot write there: ")
}
