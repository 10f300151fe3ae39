//go:build (unix && !linux) || windows

package memory

import (
	"errors"
	"fmt"
	"os"
)

// openShared makes a temporary file of n zeros.
func openShared(n int) (*os.File, string, error) {
	f, err := os.CreateTemp("", "bitnet-shared-*")
	if err != nil {
		return nil, "", err
	}
	if err := f.Truncate(int64(n)); err != nil {
		return nil, "", errors.Join(fmt.Errorf("memory: %d bytes to share: %w", n, err), closeShared(f))
	}
	return f, f.Name(), nil
}

// closeShared removes the file after closing it, as Windows wants it.
func closeShared(f *os.File) error { return errors.Join(f.Close(), os.Remove(f.Name())) }
