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

// TestEndedWaiting: a command that waits for standard input ends as soon as it is told to, and
// makes nothing.
func TestEndedWaiting(t *testing.T) {
	dir := t.TempDir()
	for _, args := range []string{
		"tokenizer train -f - -o " + filepath.Join(dir, "tokenizer.json"),
		"embed -f - --npy " + filepath.Join(dir, "all.npy"),
		"perplexity -f -",
		"choices -f -",
		"calibrate -f - -o " + filepath.Join(dir, "statistics"),
		"quantize no.gguf " + filepath.Join(dir, "m.gguf") + " --text -",
		"run -f -",
	} {
		self, err := os.Executable()
		require.NoError(t, err)
		child := exec.Command(self, "-test.run=^TestMainOfChild$")
		child.Env = append(os.Environ(), "BITNET_TEST_CHILD="+args)
		in, mine, err := os.Pipe()
		require.NoError(t, err)
		child.Stdin = in
		require.NoError(t, child.Start())
		require.NoError(t, in.Close())
		// More than a pipe holds, so that it has begun to read.
		_, err = mine.Write(bytes.Repeat([]byte("words\n"), 1<<18))
		require.NoError(t, err, args)
		require.NoError(t, child.Process.Signal(syscall.SIGTERM))
		ended := make(chan error, 1)
		go func() { ended <- child.Wait() }()
		select {
		case err = <-ended:
		case <-time.After(time.Minute):
			require.NoError(t, child.Process.Kill())
			t.Fatalf("%s goes on waiting", args)
		}
		require.Error(t, err)
		status := child.ProcessState.Sys().(syscall.WaitStatus)
		require.True(t, status.Signaled() && status.Signal() == syscall.SIGTERM || status.ExitStatus() == 128+int(syscall.SIGTERM), "%s: %v", args, status)
		require.NoError(t, mine.Close())
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}
