package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// mayReplace refuses a path that a command is to write to where it cannot, or where there is
// something that is not its own: before there is any work that could be lost. what is that
// which own finds in a file of the command's.
func mayReplace(flag, path, what string, own func(path string) bool) error {
	_, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		_, err = os.Stat(filepath.Dir(path))
	case err == nil && !own(path):
		return fmt.Errorf("%s %s is there already and holds no %s, so it is not replaced: name another file", flag, path, what)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", flag, path, err)
	}
	return nil
}
