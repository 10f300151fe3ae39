//go:build darwin || linux

package hub

import (
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

const limitEnv = "HUB_TEST_LIMIT" // bytes that a file of a victim may have

func limitFiles() error {
	n, err := strconv.ParseUint(os.Getenv(limitEnv), 10, 64)
	if err != nil {
		return nil //nolint:nilerr // it may have any number
	}
	signal.Ignore(syscall.SIGXFSZ)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n})
}

// TestDiskFull: a disk that becomes full is one line, and what came is used when there is room.
func TestDiskFull(t *testing.T) {
	repo := tiny()
	s := serve(t, repo)
	cache := t.TempDir()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), victimEnv+"="+s.URL()+"\n"+cache, limitEnv+"=500000")
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "not enough room on the disk")
	require.Equal(t, 1, strings.Count(string(out), "\n"), string(out))
	c := client(t, s, func(o *Options) { o.Cache = cache })
	p, err := c.Resolve(t.Context(), Ref{Repo: tinyRepo})
	require.NoError(t, err)
	require.Positive(t, p.Have)
	path, err := c.Pull(t.Context(), p, nil)
	require.NoError(t, err)
	requireFile(t, path, repo.Files[2].Data)
}
