package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// checkOutputFile says why no file can be written at path as encoding.WriteFile does it, if
// so, before there is any work that could be lost. A file that is there already is ours to
// replace unless foreign says why not. What is no file is not opened: a pipe would wait for
// somebody who writes, a device may do something.
func checkOutputFile(path string, foreign func() error) error {
	switch info, err := os.Stat(path); {
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("%s is there already and is no file, so it is not replaced: name another", path)
	case err == nil:
		if err := foreign(); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); err != nil {
		return err
	}
	probe, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*.tmp")
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) { // of a name that nobody knows
		return &fs.PathError{Op: "create", Path: path, Err: failed.Err}
	}
	if err != nil {
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}
