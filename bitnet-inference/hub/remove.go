package hub

import (
	"errors"
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
	if !s.isDir(folder(r.Repo)) {
		return 0, fmt.Errorf("%s: %w %s", r, ErrNotHere, s.dir)
	}
	before := s.usage(r.Repo)
	defer func() { freed = max(0, before-s.usage(r.Repo)) }()
	if r.File == "" && r.Quant == "" && r.Revision == "" {
		return 0, s.removeAll(r.Repo)
	}
	if err := s.removeLinks(r); err != nil {
		return 0, err
	}
	return 0, s.sweep(r.Repo)
}

// removeAll removes a repository, unless some of it is being fetched. Lock files stay: others may have them open.
func (s *Store) removeAll(repo string) error {
	dir := folder(repo)
	names, _ := fs.ReadDir(s.root.FS(), path.Join(".locks", dir)) // none
	for _, e := range names {
		blob, ok := strings.CutSuffix(e.Name(), ".lock")
		if !ok || e.IsDir() {
			continue
		}
		unlock, _, err := s.tryLock(repo, blob)
		if err != nil {
			return err
		}
		if unlock == nil {
			return fmt.Errorf("%s: %.12s… is being fetched; end that first", repo, blob)
		}
		defer unlock()
	}
	if err := s.root.RemoveAll(dir); err != nil {
		return s.failed(dir, err)
	}
	return nil
}

// removeLinks removes the names of a model.
func (s *Store) removeLinks(r Ref) error {
	dir, commit := folder(r.Repo), s.commitOf(r.Repo, r.revision())
	if commit == "" {
		return fmt.Errorf("%s: %w %s", r, ErrNotHere, s.dir)
	}
	names := s.snapshot(r.Repo, commit)
	if r.File != "" || r.Quant != "" {
		gone, err := choose(names, r)
		if err != nil { // a tokenizer may have been fetched alone
			var fault error
			if gone, fault = chooseWithoutWeights(names, r); fault == nil {
				err = nil
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w %s: %w", r, ErrNotHere, s.dir, err)
		}
		names = gone.files
	}
	for _, name := range names {
		file := snapshotPath(r.Repo, commit, name)
		if err := s.root.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return s.failed(file, err)
		}
	}
	s.prune(path.Join(dir, "snapshots", commit))
	if !s.isDir(path.Join(dir, "snapshots", commit)) {
		for revision := range s.refsTo(r.Repo, commit) {
			_ = s.root.Remove(path.Join(dir, "refs", revision)) // it names nothing any more
		}
	}
	return nil
}

// sweep removes the blobs that no snapshot leads to, and unfinished downloads, but for those that somebody is at.
func (s *Store) sweep(repo string) error {
	dir := path.Join(folder(repo), "blobs")
	used, err := s.used(repo)
	if err != nil {
		return err
	}
	blobs := map[string][]string{} // names that begin with its hash
	for _, info := range s.files(dir) {
		blob, _, part := strings.Cut(info.Name(), ".bitnet.")
		if isBlob(blob) && (part || !used(info)) {
			blobs[blob] = append(blobs[blob], info.Name())
		}
	}
	without := map[string]bool{} // locks
	for blob := range blobs {
		unlock, sole, err := s.tryLock(repo, blob)
		if err != nil {
			return err
		}
		if unlock == nil {
			delete(blobs, blob)
			continue
		}
		defer unlock()
		without[blob] = !sole
	}
	// What has got a link since the first look was fetched before its lock was free.
	if used, err = s.used(repo); err != nil {
		return err
	}
	for blob, names := range blobs {
		for _, name := range names {
			file := path.Join(dir, name)
			info, err := s.root.Lstat(file)
			if err != nil || name == blob && used(info) || name != blob && without[blob] {
				continue // it is gone, used, or somebody may be at it
			}
			if err := s.root.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return s.failed(file, err)
			}
		}
	}
	return nil
}

// used returns what says whether a snapshot leads to a blob, by a link or as a second name.
func (s *Store) used(repo string) (func(blob fs.FileInfo) bool, error) {
	dir := path.Join(folder(repo), "snapshots")
	links, names := map[string]bool{}, []fs.FileInfo{}
	err := fs.WalkDir(s.root.FS(), dir, func(name string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil || e.IsDir():
			return err
		case e.Type()&fs.ModeSymlink != 0:
			target, err := s.root.Readlink(name)
			links[path.Base(strings.ReplaceAll(target, `\`, "/"))] = true
			return ignoreGone(err)
		}
		info, err := s.root.Lstat(name)
		if err == nil {
			names = append(names, info)
		}
		return ignoreGone(err)
	})
	if err != nil {
		return nil, s.failed(dir, err) // what is used is not known
	}
	return func(blob fs.FileInfo) bool {
		return links[blob.Name()] || slices.ContainsFunc(names, func(n fs.FileInfo) bool { return os.SameFile(n, blob) })
	}, nil
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// usage is how many bytes the blobs and snapshots of a repository take, files with several names once.
func (s *Store) usage(repo string) (total int64) {
	seen := map[int64][]fs.FileInfo{} // by size
	count := func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil //nolint:nilerr // what cannot be read is not counted
		}
		info, err := s.root.Lstat(name)
		if err != nil || slices.ContainsFunc(seen[info.Size()], func(other fs.FileInfo) bool { return os.SameFile(info, other) }) {
			return nil //nolint:nilerr // likewise
		}
		seen[info.Size()] = append(seen[info.Size()], info)
		total += info.Size()
		return nil
	}
	_ = fs.WalkDir(s.root.FS(), path.Join(folder(repo), "blobs"), count)
	_ = fs.WalkDir(s.root.FS(), path.Join(folder(repo), "snapshots"), count)
	return total
}

// files lists the files of a directory.
func (s *Store) files(dir string) (infos []fs.FileInfo) {
	entries, _ := fs.ReadDir(s.root.FS(), dir) // none
	for _, e := range entries {
		if info, err := s.root.Lstat(path.Join(dir, e.Name())); err == nil && !info.IsDir() {
			infos = append(infos, info)
		}
	}
	return infos
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
