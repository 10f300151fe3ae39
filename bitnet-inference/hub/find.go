package hub

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Find looks for a model that is complete in the store, without the network, whoever fetched it. The error wraps
// [ErrNotHere], and says what there is of it.
func (s *Store) Find(r Ref) (Entry, error) {
	if err := r.check(); err != nil {
		return Entry{}, fmt.Errorf("%s: %w", r, err)
	}
	commit := s.commitOf(r.Repo, r.revision())
	if commit == "" {
		return Entry{}, fmt.Errorf("%s: %w %s", r, ErrNotHere, s.dir)
	}
	names := s.snapshot(r.Repo, commit)
	chosen, err := choose(names, r)
	if err == nil {
		err = s.complete(r.Repo, commit, chosen)
	}
	if err != nil {
		return Entry{}, fmt.Errorf("%s: %w %s: of revision %s, %w", r, ErrNotHere, s.dir, r.revision(), err)
	}
	return s.entry(r.Repo, commit, r.revision(), chosen), nil
}

// FindTokenizer is Find for whoever needs the tokenizer of a model and no weights, which a checkpoint directory may lack
// then: the Entry has the files that are here.
func (s *Store) FindTokenizer(r Ref) (Entry, error) {
	e, err := s.Find(r)
	if commit := s.commitOf(r.Repo, r.revision()); commit != "" && errors.Is(err, ErrNotHere) {
		c, fault := chooseWithoutWeights(s.snapshot(r.Repo, commit), r)
		if fault == nil && slices.ContainsFunc(c.files, func(name string) bool { return slices.Contains(tokenizers, name) }) {
			return s.entry(r.Repo, commit, r.revision(), c), nil
		}
	}
	return e, err
}

// commitOf is the commit that a revision had when it was last fetched, "" if it never was.
func (s *Store) commitOf(repo, revision string) string {
	data, err := s.readSmall(path.Join(folder(repo), "refs", revision))
	if commit := strings.TrimSpace(string(data)); err == nil && isCommit(commit) {
		return commit
	}
	if isCommit(revision) && s.isDir(path.Join(folder(repo), "snapshots", revision)) {
		return revision
	}
	return ""
}

func (s *Store) isDir(name string) bool {
	info, err := os.Stat(s.full(name))
	return err == nil && info.IsDir()
}

// readSmall reads a file of at most 64 MiB.
func (s *Store) readSmall(name string) ([]byte, error) {
	f, err := os.Open(s.full(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > largestJSON {
		return nil, errors.New("not a small file")
	}
	return io.ReadAll(io.LimitReader(f, largestJSON))
}

// snapshot lists the files of a commit that are here: links that lead nowhere are not.
func (s *Store) snapshot(repo, commit string) (names []string) {
	dir := s.full(path.Join(folder(repo), "snapshots", commit))
	_ = filepath.WalkDir(dir, func(file string, e fs.DirEntry, err error) error { // what cannot be read is not here
		if err != nil {
			return nil //nolint:nilerr // see above
		}
		name, err := filepath.Rel(dir, file)
		if err != nil || e.IsDir() {
			return err
		}
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
			names = append(names, filepath.ToSlash(name))
		}
		return nil
	})
	return names
}

// complete checks that all shards of a checkpoint are here; ggufs has counted the parts of a split file.
func (s *Store) complete(repo, commit string, c choice) error {
	if c.main != "" || !slices.Contains(c.files, index) {
		return nil
	}
	data, err := s.readSmall(snapshotPath(repo, commit, index))
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", index, bare(err))
	}
	shards := shardsOf{}
	if err := json.Unmarshal(data, &struct {
		Files *shardsOf `json:"weight_map"`
	}{&shards}); err != nil {
		return fmt.Errorf("%s is damaged: %w", index, err)
	}
	for _, name := range c.files {
		delete(shards, name)
	}
	for _, name := range slices.Sorted(maps.Keys(shards)) {
		return fmt.Errorf("%.80q is missing", name)
	}
	return nil
}

// shardsOf are the files that an index names. Of what it says of tensors, of which there are thousands, nothing is kept.
type shardsOf map[string]bool

func (s shardsOf) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(errors.New("weight_map is no object"), err)
	}
	for d.More() {
		if _, err := d.Token(); err != nil { // the tensor
			return err
		}
		var shard string
		if err := d.Decode(&shard); err != nil {
			return err
		}
		s[shard] = true
	}
	return nil
}

// An Entry is a model in a store.
type Entry struct {
	Ref      Ref // names it: with the file of a GGUF model, "safetensors" of a directory
	Commit   string
	Path     string   // of the GGUF file, or Dir
	Dir      string   // which Files are named from
	Files    []string // in the repository
	Size     int64
	Modified time.Time // of its newest file
}

// List lists the complete models, by name. Of each commit that is here, all GGUF models and the checkpoint
// directory are one each.
func (s *Store) List() ([]Entry, error) {
	folders, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("the directory for models %s: %w", s.dir, bare(err))
	}
	var entries []Entry
	for _, f := range folders {
		repo := repoOf(f.Name())
		if repo == "" {
			continue
		}
		revisions := s.revisions(repo)
		commits, _ := os.ReadDir(s.full(path.Join(f.Name(), "snapshots"))) // none
		for _, c := range commits {
			if isCommit(c.Name()) {
				entries = append(entries, s.entries(repo, c.Name(), revisions[c.Name()])...)
			}
		}
	}
	slices.SortStableFunc(entries, func(a, b Entry) int {
		return strings.Compare(a.Ref.String()+a.Commit, b.Ref.String()+b.Commit)
	})
	return entries, nil
}

func (s *Store) entries(repo, commit, revision string) (entries []Entry) {
	if revision == "" {
		revision = commit
	}
	names := s.snapshot(repo, commit)
	models, _ := ggufs(names)
	if c, err := checkpointFiles(names); err == nil && s.complete(repo, commit, c) == nil {
		models = append(models, c)
	}
	for _, m := range models {
		entries = append(entries, s.entry(repo, commit, revision, m))
	}
	return entries
}

func (s *Store) entry(repo, commit, revision string, c choice) Entry {
	e := Entry{
		Ref: Ref{Repo: repo, File: c.main, Revision: revision}, Commit: commit, Files: c.files,
		Path: s.full(snapshotPath(repo, commit, c.main)), Dir: s.full(snapshotPath(repo, commit, "")),
	}
	if c.main == "" {
		e.Ref.Quant = Directory
	}
	for _, name := range c.files {
		if info, err := os.Stat(s.full(snapshotPath(repo, commit, name))); err == nil {
			e.Size += info.Size()
			if info.ModTime().After(e.Modified) {
				e.Modified = info.ModTime()
			}
		}
	}
	return e
}

// revisions maps commits to a name that they have: main before others.
func (s *Store) revisions(repo string) map[string]string {
	dir := path.Join(folder(repo), "refs")
	names := map[string]string{}
	_ = filepath.WalkDir(s.full(dir), func(file string, e fs.DirEntry, err error) error { // none
		if err != nil || e.IsDir() {
			return nil //nolint:nilerr // what cannot be read names nothing
		}
		rel, err := filepath.Rel(s.full(dir), file)
		name := filepath.ToSlash(rel)
		if err == nil && (Ref{Repo: repo, Revision: name}).check() == nil {
			if commit := s.commitOf(repo, name); commit != "" && (names[commit] == "" || name == DefaultRevision) {
				names[commit] = name
			}
		}
		return err
	})
	return names
}
