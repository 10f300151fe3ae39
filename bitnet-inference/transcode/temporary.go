package transcode

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/bitnet-go/bitnet/bitnet-core/disk"
)

// A temporary is a target in the making, under a name beside its own. There is one for
// a target, and whoever makes it holds a lock on the target's name: what is there without
// a lock, a killed process has left.
type temporary struct {
	path, target string
	dir          bool
	made         bool // what is at path is of this process, and has to go or be renamed
	lock         *os.File
}

// newTemporary clears away what is left of another and begins a new one. It has to be
// ended.
func newTemporary(target string, dir bool) (*temporary, error) {
	lock, locked, err := lockTarget(target)
	if err != nil {
		return nil, err
	}
	t := &temporary{path: beside(target, "tmp"), target: target, dir: dir, lock: lock}
	if locked {
		err = os.RemoveAll(t.path)
	} else if _, there := os.Lstat(t.path); there == nil {
		unlock(lock)
		return nil, fmt.Errorf("%s: another conversion to this name is under way, or was killed: then remove %s", target, t.path)
	}
	if err == nil && dir {
		err = os.Mkdir(t.path, 0o755)
		t.made = err == nil
	}
	if err != nil {
		unlock(lock)
		return nil, fmt.Errorf("%s: cannot write there: %w", target, disk.Cause(err))
	}
	return t, nil
}

// beside returns the name of what goes with a target while it is made.
func beside(target, what string) string {
	return filepath.Join(filepath.Dir(target), "."+filepath.Base(target)+".convert."+what)
}

// lockTarget takes the lock on a target's name. locked is false where the system has
// no locks.
func lockTarget(target string) (f *os.File, locked bool, err error) {
	path := beside(target, "lock")
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, false, fmt.Errorf("%s: cannot write there: %w", target, disk.Cause(err))
		}
		taken, held := tryLock(f)
		if held {
			_ = f.Close() // nothing was written
			return nil, false, fmt.Errorf("%s: another conversion to this name is under way", target)
		}
		if !taken || isAt(f, path) {
			return f, taken, nil
		}
		_ = f.Close() // removed by whoever had it until now
	}
}

// isAt reports whether a path names an open file.
func isAt(f *os.File, path string) bool {
	a, err := f.Stat()
	b, gone := os.Stat(path) // through a link, as the file was opened
	return err == nil && gone == nil && os.SameFile(a, b)
}

// file writes a file of a directory, or the file itself, and waits for the disk.
func (t *temporary) file(name string, write func(w io.Writer) error) (err error) {
	path := t.path
	if t.dir {
		path = filepath.Join(t.path, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	t.made = true
	defer func() { err = errors.Join(err, f.Close()) }()
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

// commit gives the target its name, which no other file loses unless replace permits it.
func (t *temporary) commit(replace bool) error {
	if t.dir {
		_ = filepath.WalkDir(t.path, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				syncDirectory(path)
			}
			return err
		})
	}
	err := t.rename(replace)
	if errors.Is(err, fs.ErrExist) && !replace {
		return fmt.Errorf("%s: somebody else made it meanwhile, so the result is not kept: remove it or name another", t.target)
	}
	if err != nil {
		return fmt.Errorf("%s: cannot be put in its place: %w", t.target, disk.Cause(err))
	}
	syncDirectory(filepath.Dir(t.target))
	t.made = false
	return nil
}

func (t *temporary) rename(replace bool) error {
	if !replace && !t.dir {
		// A link is never made over a file, which a rename is.
		switch err := os.Link(t.path, t.target); {
		case err == nil:
			_ = os.Remove(t.path) // the file has its name; the next conversion tries again
			return nil
		case errors.Is(err, fs.ErrExist):
			return err
		}
		// The file system has no links.
	}
	if !replace {
		if _, err := os.Lstat(t.target); err == nil {
			return fs.ErrExist
		}
	}
	return os.Rename(t.path, t.target)
}

// end removes what was not committed, and lets others begin.
func (t *temporary) end() {
	if t.made {
		_ = os.RemoveAll(t.path) // the next conversion tries again
	}
	unlock(t.lock)
}

// syncDirectory makes the names in a directory last.
func syncDirectory(path string) {
	if d, err := os.Open(path); err == nil {
		_ = d.Sync() // not all systems can
		_ = d.Close()
	}
}
