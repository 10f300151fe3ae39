package transcode

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// A temporary is a target in the making, under a name beside its own. Whoever makes
// it holds a lock on it, so that others can tell it from what a killed process left.
type temporary struct {
	path, target string
	dir          bool
	lock         *os.File // the file itself, or .lock in the directory
}

// newTemporary clears away what is left of others and begins a new one.
func newTemporary(target string, dir bool) (*temporary, error) {
	parent, prefix := filepath.Dir(target), "."+filepath.Base(target)+".convert-"
	clean(parent, prefix)
	t := &temporary{target: target, dir: dir}
	var err error
	if dir {
		if t.path, err = os.MkdirTemp(parent, prefix+"*.tmp"); err == nil {
			err = os.Chmod(t.path, 0o755)
		}
		if err == nil {
			t.lock, err = os.Create(filepath.Join(t.path, lockName))
		}
	} else if t.lock, err = os.CreateTemp(parent, prefix+"*.tmp"); err == nil {
		t.path = t.lock.Name()
		err = t.lock.Chmod(0o644)
	}
	if err != nil {
		t.discard()
		return nil, fmt.Errorf("%s: cannot write there: %w", target, bare(err))
	}
	if _, held := tryLock(t.lock); held {
		return nil, fmt.Errorf("%s: another conversion to this name is under way", target)
	}
	return t, nil
}

const lockName = ".lock"

// clean removes what processes that are gone have left.
func clean(parent, prefix string) {
	left, err := filepath.Glob(filepath.Join(escape(parent), escape(prefix)+"*.tmp"))
	if err != nil {
		return
	}
	for _, path := range left {
		lock := path
		if info, err := os.Lstat(path); err != nil || !info.IsDir() && !info.Mode().IsRegular() {
			continue
		} else if info.IsDir() {
			lock = filepath.Join(path, lockName)
		}
		f, err := os.OpenFile(lock, os.O_RDWR, 0)
		if err == nil {
			free, _ := tryLock(f)
			_ = f.Close()
			if !free {
				continue
			}
		} else if !errors.Is(err, os.ErrNotExist) {
			continue
		}
		_ = os.RemoveAll(path) // what cannot be removed stays
	}
}

// escape quotes what Glob would take for a pattern.
func escape(s string) string {
	var b []byte
	for i := range len(s) {
		if c := s[i]; c == '*' || c == '?' || c == '[' || c == '\\' && filepath.Separator != '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return string(b)
}

// file writes a file of a directory, or the file itself, and waits for the disk.
func (t *temporary) file(name string, write func(w io.Writer) error) (err error) {
	f := t.lock
	if t.dir {
		path := filepath.Join(t.path, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if f, err = os.Create(path); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
	}
	w := newBehind(f)
	err = write(w)
	if closed := w.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return f.Sync()
}

// commit gives the target its name.
func (t *temporary) commit() error {
	if err := t.lock.Close(); err != nil {
		return err
	}
	if t.dir {
		if err := os.Remove(filepath.Join(t.path, lockName)); err != nil {
			return err
		}
	}
	if err := os.Rename(t.path, t.target); err != nil {
		return fmt.Errorf("%s: cannot be put in its place: %w", t.target, err)
	}
	syncDirectory(t.target)
	t.path = ""
	return nil
}

// discard removes what was not committed.
func (t *temporary) discard() {
	if t.path == "" {
		return
	}
	if t.lock != nil {
		_ = t.lock.Close() // closed already, perhaps
	}
	_ = os.RemoveAll(t.path) // the next conversion tries again
}
