//go:build unix

package cli

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPageIsNoPipe: a pipe, which to open would wait for a writer, is refused.
func TestPageIsNoPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	require.ErrorContains(t, (&pageFile{path: pipe}).check(), "is there already and is no file")
}
