package hub

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/disk"
)

// A Store is a directory of models, laid out as Hugging Face's own library does:
//
//	models--ORG--REPO/blobs/HASH                  the files
//	models--ORG--REPO/snapshots/COMMIT/PATH       links to them: ../../blobs/HASH
//	models--ORG--REPO/refs/REVISION               the commit of a branch or tag
//	.locks/models--ORG--REPO/HASH.lock            who fetches a blob holds its lock
//
// Beside an unfinished download HASH.bitnet.part lies HASH.bitnet.parts. Nothing is written
// through links that lead out of the directory.
type Store struct {
	dir        string
	root       *os.Root
	noSymlinks bool
}

// OpenStore opens a store and makes its directory if it is not there. Close it after use.
func OpenStore(dir string) (*Store, error) {
	if dir == "" {
		return nil, errors.New("no directory is set for models (HF_HUB_CACHE)")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	err = os.MkdirAll(dir, 0o777)
	if err == nil {
		var root *os.Root
		if root, err = os.OpenRoot(dir); err == nil {
			return &Store{dir: dir, root: root}, nil
		}
	}
	return nil, fmt.Errorf("the directory for models %s: %w; HF_HUB_CACHE sets another place", dir, bare(err))
}

// Dir is the store's directory.
func (s *Store) Dir() string { return s.dir }

// Close lets go of the directory.
func (s *Store) Close() error { return s.root.Close() }

// folder is the directory of a repository.
func folder(repo string) string { return "models--" + strings.ReplaceAll(repo, "/", "--") }

// repoOf is the inverse of folder; "" if it is none of a model.
func repoOf(folder string) string {
	name, ok := strings.CutPrefix(folder, "models--")
	if !ok {
		return ""
	}
	repo := strings.Replace(name, "--", "/", 1)
	if checkRepo(repo) != nil {
		return ""
	}
	return repo
}

func blobPath(repo, blob string) string { return path.Join(folder(repo), "blobs", blob) }

// unfinished is what the names of an unfinished download begin with: not HASH.incomplete, which is the library's, and
// whose files it removes whenever it cleans up.
func unfinished(repo, blob string) string { return blobPath(repo, blob) + ".bitnet" }
func partPath(repo, blob string) string   { return unfinished(repo, blob) + ".part" }
func notePath(repo, blob string) string   { return unfinished(repo, blob) + ".parts" }

func lockPath(repo, blob string) string { return path.Join(".locks", folder(repo), blob+".lock") }

func snapshotPath(repo, commit, file string) string {
	return path.Join(folder(repo), "snapshots", commit, file)
}

// full is a path of the store for reading, where links may lead out of it: the user made them.
func (s *Store) full(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

// sized reports whether a regular file of a size is at a path, or behind links.
func (s *Store) sized(name string, size int64) bool {
	info, err := os.Stat(s.full(name))
	return err == nil && info.Mode().IsRegular() && info.Size() == size
}

// have is how many bytes of a file are here.
func (s *Store) have(repo, commit string, f File) int64 {
	if s.sized(snapshotPath(repo, commit, f.Path), f.Size) || s.sized(blobPath(repo, f.Blob), f.Size) {
		return f.Size
	}
	info, err := s.root.Lstat(partPath(repo, f.Blob))
	if err != nil || !info.Mode().IsRegular() || info.Size() > f.Size {
		return 0
	}
	return readSidecar(s.root, notePath(repo, f.Blob), f.Size).within(info.Size()).total()
}

// holds reports whether all files of a plan are in its snapshot.
func (s *Store) holds(p *Plan) bool {
	return !slices.ContainsFunc(p.Files, func(f File) bool { return !s.sized(snapshotPath(p.Ref.Repo, p.Commit, f.Path), f.Size) })
}

// mkdirs makes the directory of a file.
func (s *Store) mkdirs(name string) error {
	if err := s.root.MkdirAll(path.Dir(name), 0o777); err != nil {
		return s.failed(path.Dir(name), err)
	}
	return nil
}

// failed says that something cannot be done at a path of the store.
func (s *Store) failed(name string, err error) error {
	full := s.full(name)
	err = bare(err)
	switch {
	case disk.IsFull(err):
		return permanent("%s: %w: %w", full, ErrNoSpace, err)
	case disk.IsReadOnly(err):
		return permanent("%s cannot be written: %w; HF_HUB_CACHE sets another place", full, err)
	case strings.Contains(err.Error(), "escapes"):
		return permanent("%s: %w: a link on the way leads out of the store; set HF_HUB_CACHE to where it leads", full, ErrDangerous)
	}
	return permanent("%s: %w", full, err)
}

// replace writes a small file in one step.
func (s *Store) replace(name string, data []byte) error {
	if err := s.mkdirs(name); err != nil {
		return err
	}
	temporary := fmt.Sprintf("%s.%08x.tmp", name, rand.Uint32())
	err := s.root.WriteFile(temporary, data, 0o666)
	if err == nil {
		err = s.root.Rename(temporary, name)
	}
	if err != nil {
		_ = s.root.Remove(temporary) // it may not be there
		return s.failed(name, err)
	}
	return nil
}

// setRef notes the commit of a revision.
func (s *Store) setRef(repo, revision, commit string) error {
	if revision == commit {
		return nil
	}
	name := path.Join(folder(repo), "refs", revision)
	if old, err := s.root.ReadFile(name); err == nil && string(old) == commit {
		return nil // also where the store may only be read
	}
	return s.replace(name, []byte(commit))
}

// link gives a blob its name in a snapshot: a relative link as the library makes it; where
// there are none, as often on Windows, a second name of the file, or the file itself, which then is no blob any more.
// Whoever calls it has the blob's lock.
func (s *Store) link(repo, commit string, f File) error {
	err := fs.ErrNotExist
	for tries := 0; tries < 10 && errors.Is(err, fs.ErrNotExist); tries++ { // who removes a model takes empty directories with it
		err = s.linkOnce(repo, commit, f)
	}
	return err
}

func (s *Store) linkOnce(repo, commit string, f File) error {
	name, blob := snapshotPath(repo, commit, f.Path), blobPath(repo, f.Blob)
	if s.sized(name, f.Size) {
		return nil
	}
	if err := s.mkdirs(name); err != nil {
		return err
	}
	up := strings.Repeat("../", strings.Count(f.Path, "/")+2)
	_ = s.root.Remove(name) // a link that leads nowhere, or a file that is not this one
	err := s.symlink(filepath.FromSlash(up+"blobs/"+f.Blob), name)
	if err != nil && !s.sized(name, f.Size) { // it may be there where there are no locks
		err = s.hardLink(blob, name)
	}
	if err != nil && !s.sized(name, f.Size) {
		err = s.root.Rename(blob, name)
	}
	switch {
	case s.sized(name, f.Size):
		return nil
	case err == nil:
		err = errRemoved
	}
	return s.failed(name, err)
}

func (s *Store) symlink(target, name string) error {
	if s.noSymlinks {
		return errors.ErrUnsupported
	}
	return s.root.Symlink(target, name)
}

func (s *Store) hardLink(from, name string) error {
	if noHardLinks {
		return errors.ErrUnsupported
	}
	return s.root.Link(from, name)
}

// noHardLinks is for tests of systems without.
var noHardLinks bool

// cacheTag tells programs that make backups to leave a directory out (bford.info/cachedir).
const cacheTag = "Signature: 8a477f597d28d172789f06886806bc55\n# This file is a cache directory tag created by bitnet.\n"

func (s *Store) tag() {
	f, err := s.root.OpenFile("CACHEDIR.TAG", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return // it is there, or cannot be; it is a courtesy
	}
	_, _ = f.WriteString(cacheTag) // likewise
	_ = f.Close()
}
