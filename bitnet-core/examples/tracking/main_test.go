package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	dir := t.TempDir()
	require.NoError(t, run(&out, dir))
	require.Regexp(t, `level detailed +\d+ ns`, out.String())
	require.Contains(t, out.String(), "forgotten")
	for _, name := range []string{"trace.json", "heap.pb.gz"} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Positive(t, info.Size())
	}
}
