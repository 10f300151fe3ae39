package hub

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// Remove removes the model that a name means, or if that has neither file nor quantization all of the revision, and without
// a revision all of the repository; and with it unfinished downloads that nobody goes on with. Files that another
// model or commit uses stay. It returns how many bytes were freed.
func (s *Store) Remove(r Ref) (freed int64, err error) {
	if err := r.check(); err != nil {
		return 0, fmt.Errorf("%s: %w", r, err)
	}
	dir := folder(r.Repo)
	if info, err := s.root.Lstat(dir); err != nil || !info.IsDir() {
		return 0, fmt.Errorf("%s: %w %s", r, ErrNotHere, s.dir)
	}
	all := r.File == "" && r.Quant == ""
	if all && r.Revision == "" {
		for _, name := range s.sizes(path.Join(dir, "blobs")) {
			freed += name
		}
		if err := s.root.RemoveAll(dir); err != nil {
			return 0, s.failed(dir, err)
		}
		_ = s.root.RemoveAll(path.Join(".locks", dir)) // empty files
		return freed, nil
	}
	commit := s.commitOf(r.Repo, r.revision())
	if commit == "" {
		return 0, fmt.Errorf("%s: %w %s", r, ErrNotHere, s.dir)
	}
	names := s.snapshot(r.Repo, commit)
	gone := choice{files: names}
	if !all {
		if gone, err = choose(names, r); err != nil {
			return 0, fmt.Errorf("%s: %w %s: %w", r, ErrNotHere, s.dir, err)
		}
	}
	for _, name := range gone.files {
		file := snapshotPath(r.Repo, commit, name)
		if info, err := s.root.Lstat(file); err == nil && info.Mode().IsRegular() {
			freed += info.Size() // a copy, where there are no links
		}
		if err := s.root.Remove(file); err != nil {
			return freed, s.failed(file, err)
		}
	}
	s.prune(path.Join(dir, "snapshots", commit))
	if !s.isDir(path.Join(dir, "snapshots", commit)) {
		for revision := range s.refsTo(r.Repo, commit) {
			_ = s.root.Remove(path.Join(dir, "refs", revision)) // it names nothing any more
		}
	}
	n, err := s.sweep(r.Repo)
	return freed + n, err
}

// sweep removes the blobs that no snapshot leads to.
func (s *Store) sweep(repo string) (freed int64, err error) {
	dir := folder(repo)
	used := map[string]bool{}
	err = fs.WalkDir(s.root.FS(), path.Join(dir, "snapshots"), func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.Type()&fs.ModeSymlink == 0 {
			return err
		}
		target, err := s.root.Readlink(name)
		if err == nil {
			used[path.Base(strings.ReplaceAll(target, `\`, "/"))] = true
		}
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		return 0, s.failed(path.Join(dir, "snapshots"), err) // what is used is not known
	}
	for name, size := range s.sizes(path.Join(dir, "blobs")) {
		blob, _, _ := strings.Cut(name, ".bitnet.")
		if used[name] || !isBlob(blob) || s.busy(repo, blob) {
			continue
		}
		file := path.Join(dir, "blobs", name)
		if err := s.root.Remove(file); err != nil {
			return freed, s.failed(file, err)
		}
		freed += size
	}
	return freed, nil
}

// busy reports whether a process fetches a blob.
func (s *Store) busy(repo, blob string) bool {
	f, err := s.root.OpenFile(lockPath(repo, blob), os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer f.Close() // which gives the lock back
	taken, possible := tryLock(f)
	return possible && !taken
}

// sizes lists the files of a directory.
func (s *Store) sizes(dir string) map[string]int64 {
	files := map[string]int64{}
	entries, _ := fs.ReadDir(s.root.FS(), dir) // none
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			files[e.Name()] = info.Size()
			if !info.Mode().IsRegular() {
				files[e.Name()] = 0
			}
		}
	}
	return files
}

// prune removes the directories below one that are empty, and itself.
func (s *Store) prune(dir string) {
	var dirs []string
	_ = fs.WalkDir(s.root.FS(), dir, func(name string, e fs.DirEntry, err error) error { // an empty directory does no harm
		if err == nil && e.IsDir() {
			dirs = append(dirs, name)
		}
		return nil
	})
	slices.Reverse(dirs)
	for _, d := range dirs {
		_ = s.root.Remove(d) // fails where something is in it
	}
}

// refsTo are the revisions of a commit.
func (s *Store) refsTo(repo, commit string) map[string]bool {
	found := map[string]bool{}
	dir := path.Join(folder(repo), "refs")
	_ = fs.WalkDir(s.root.FS(), dir, func(name string, e fs.DirEntry, err error) error { // none
		if err == nil && !e.IsDir() {
			if data, err := s.readSmall(name); err == nil && strings.TrimSpace(string(data)) == commit {
				found[strings.TrimPrefix(name, dir+"/")] = true
			}
		}
		return nil
	})
	return found
}
