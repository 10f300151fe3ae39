package disk_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/disk"
)

func TestFree(t *testing.T) {
	dir := t.TempDir()
	n, ok := disk.Free(dir)
	switch runtime.GOOS {
	case "linux", "darwin", "windows":
		require.True(t, ok)
	}
	if !ok {
		return
	}
	require.Positive(t, n)
	below, ok := disk.Free(filepath.Join(dir, "not", "there"))
	require.True(t, ok)
	require.InEpsilon(t, n, below, 0.5) // others write meanwhile
}

func TestErrors(t *testing.T) {
	wrap := func(err error) error {
		return fmt.Errorf("more: %w", &fs.PathError{Op: "write", Path: "/x.tmp", Err: err})
	}
	for _, n := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		require.True(t, disk.IsFull(wrap(n)), n)
		require.False(t, disk.IsReadOnly(wrap(n)), n)
	}
	for _, n := range []syscall.Errno{syscall.EROFS, syscall.EACCES} {
		require.True(t, disk.IsReadOnly(wrap(n)), n)
		require.False(t, disk.IsFull(wrap(n)), n)
	}
	for _, err := range []error{nil, errors.New("x"), wrap(syscall.EIO)} {
		require.False(t, disk.IsFull(err))
		require.False(t, disk.IsReadOnly(err))
	}
	require.Equal(t, syscall.EIO, disk.Cause(wrap(syscall.EIO)))
	require.Equal(t, syscall.EIO, disk.Cause(&os.LinkError{Err: syscall.EIO}))
	require.Equal(t, syscall.EIO, disk.Cause(syscall.EIO))
	require.NoError(t, disk.Cause(nil))
}
