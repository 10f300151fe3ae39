//go:build unix

package cli

import (
	"bytes"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMainOfChild is the program in a process of its own, which signals may end.
func TestMainOfChild(*testing.T) {
	if args := os.Getenv("BITNET_TEST_CHILD"); args != "" {
		os.Args = append([]string{"bitnet"}, strings.Fields(args)...)
		os.Exit(Main())
	}
}

// TestEnded: whatever signal ends a command, files that are half written go with it, and its
// exit code is the one that shells know.
func TestEnded(t *testing.T) {
	path, text := tale(t)
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat(text, 40)), 0o600)) // minutes of work
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if signal.Ignored(s) {
			continue // below nohup
		}
		dir := t.TempDir()
		self, err := os.Executable()
		require.NoError(t, err)
		child := exec.Command(self, "-test.run=^TestMainOfChild$")
		child.Env = append(os.Environ(), "BITNET_TEST_CHILD=perplexity -c 64 --stride 1 -f "+path+" --kl-save "+filepath.Join(dir, "predictions"))
		var errs bytes.Buffer
		child.Stderr = &errs
		require.NoError(t, child.Start())
		half := func() bool {
			entries, err := os.ReadDir(dir)
			require.NoError(t, err)
			for _, e := range entries {
				if info, err := e.Info(); err == nil && info.Size() > 0 {
					return true
				}
			}
			return false
		}
		require.Eventually(t, half, time.Minute, time.Millisecond)
		require.NoError(t, child.Process.Signal(s))
		require.Error(t, child.Wait())
		require.Equal(t, 128+int(s), child.ProcessState.ExitCode(), errs.String())
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, entries)
	}
}
