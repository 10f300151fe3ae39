package hub

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-inference/hub/hubtest"
	"github.com/stretchr/testify/require"
)

// TestLayout: the store is what huggingface_hub documents of its cache, to the letter.
func TestLayout(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links are for administrators there")
	}
	repo := directory()
	s := serve(t, repo)
	c := client(t, s)
	_, err := pull(t.Context(), c, ref(t, "hf.co/test-org/dir"))
	require.NoError(t, err)
	var got []string
	for _, name := range tree(t, c.store.Dir()) {
		rel, err := filepath.Rel(c.store.Dir(), name)
		require.NoError(t, err)
		if target, err := os.Readlink(name); err == nil {
			rel += " -> " + target
		}
		got = append(got, rel)
	}
	want := []string{"CACHEDIR.TAG", "models--test-org--dir/refs/main"}
	for _, f := range repo.Files {
		if f.Path == "README.md" || f.Path == "empty" || f.Path == "pytorch_model.bin" {
			continue
		}
		up := strings.Repeat("../", 2+strings.Count(f.Path, "/"))
		want = append(want, "models--test-org--dir/blobs/"+f.Blob(), ".locks/models--test-org--dir/"+f.Blob()+".lock",
			"models--test-org--dir/snapshots/"+repo.Commit()+"/"+f.Path+" -> "+up+"blobs/"+f.Blob())
	}
	sort.Strings(got)
	sort.Strings(want)
	require.Equal(t, want, got)
	commit, err := os.ReadFile(filepath.Join(c.store.Dir(), "models--test-org--dir/refs/main"))
	require.NoError(t, err)
	require.Equal(t, repo.Commit(), string(commit), "without a line end")
	// The hashes are those of sha256sum and git hash-object.
	require.FileExists(t, filepath.Join(c.store.Dir(), "models--test-org--dir/blobs/e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"))
}

// TestNoLinks: where there are no symbolic links, files are there under both names, or where there are no second
// names either under that of the snapshot.
func TestNoLinks(t *testing.T) {
	for _, hard := range []bool{true, false} {
		noHardLinks = !hard
		defer func() { noHardLinks = false }()
		repo := directory()
		s := serve(t, repo)
		c := client(t, s, func(o *Options) { o.NoSymlinks = true })
		path, err := pull(t.Context(), c, ref(t, "hf.co/test-org/dir"))
		require.NoError(t, err)
		requireFile(t, filepath.Join(path, "tokenizer.json"), repo.Files[5].Data)
		require.Empty(t, leftovers(t, c))
		p, err := c.Resolve(t.Context(), ref(t, "hf.co/test-org/dir"))
		require.NoError(t, err)
		require.Zero(t, p.Fetch())
		info, err := os.Lstat(filepath.Join(path, "tokenizer.json"))
		require.NoError(t, err)
		require.True(t, info.Mode().IsRegular())
		blob := filepath.Join(c.store.Dir(), "models--test-org--dir", "blobs", repo.Files[5].Blob())
		if other, err := os.Stat(blob); hard {
			require.NoError(t, err)
			require.True(t, os.SameFile(info, other))
		} else {
			require.NoFileExists(t, blob)
		}
		// Each byte is counted once, and what keeps one of its names is not freed.
		require.NoError(t, os.WriteFile(filepath.Join(path, "a-i2_s.gguf"), make([]byte, 100), 0o666))
		freed, err := c.store.Remove(ref(t, "hf.co/test-org/dir:i2_s"))
		require.NoError(t, err)
		require.EqualValues(t, 100, freed)
		requireFile(t, filepath.Join(path, "tokenizer.json"), repo.Files[5].Data)
		if hard {
			require.FileExists(t, blob)
		}
		freed, err = c.store.Remove(ref(t, "hf.co/test-org/dir"))
		require.NoError(t, err)
		require.Equal(t, p.Size, freed)
	}
}

func TestListAndRemove(t *testing.T) {
	two := hubtest.Repo{Name: "test-org/two", Files: []hubtest.File{
		{Path: "a-i2_s.gguf", Data: noise(5, 1000), LFS: true},
		{Path: "b-tq2_0-00001-of-00002.gguf", Data: noise(6, 2000), LFS: true},
		{Path: "b-tq2_0-00002-of-00002.gguf", Data: noise(7, 3000), LFS: true},
		{Path: "same.gguf", Data: noise(5, 1000), LFS: true},
	}}
	s := serve(t, two, directory())
	c := client(t, s)
	for _, name := range []string{"hf.co/test-org/two:a-i2_s.gguf", "hf.co/test-org/two:tq2_0", "hf.co/test-org/two:same.gguf", "hf.co/test-org/dir"} {
		_, err := pull(t.Context(), c, ref(t, name))
		require.NoError(t, err, name)
	}
	require.EqualValues(t, 1000, s.Sent("a-i2_s.gguf")+s.Sent("same.gguf"), "one blob for both")
	list := func() (names []string) {
		entries, err := c.store.List()
		require.NoError(t, err)
		for _, e := range entries {
			names = append(names, e.Ref.String())
			found, err := c.store.Find(e.Ref)
			require.NoError(t, err)
			require.Equal(t, e, found)
			require.Positive(t, e.Size)
			require.WithinDuration(t, time.Now(), e.Modified, time.Minute)
		}
		return names
	}
	require.Equal(t, []string{
		"hf.co/test-org/dir:safetensors", "hf.co/test-org/two:a-i2_s.gguf",
		"hf.co/test-org/two:b-tq2_0-00001-of-00002.gguf", "hf.co/test-org/two:same.gguf",
	}, list())

	// A branch that cannot be named gives no name.
	refs := filepath.Join(c.store.Dir(), "models--test-org--two", "refs")
	require.NoError(t, os.Rename(filepath.Join(refs, "main"), filepath.Join(refs, "a@b")))
	require.Equal(t, "hf.co/test-org/two:a-i2_s.gguf@"+two.Commit(), list()[1])
	require.NoError(t, os.Rename(filepath.Join(refs, "a@b"), filepath.Join(refs, "main")))

	freed, err := c.store.Remove(ref(t, "hf.co/test-org/two:a-i2_s.gguf"))
	require.NoError(t, err)
	require.Zero(t, freed, "the other name needs it")
	freed, err = c.store.Remove(ref(t, "hf.co/test-org/two:TQ2_0"))
	require.NoError(t, err)
	require.EqualValues(t, 5000, freed)
	require.Equal(t, []string{"hf.co/test-org/dir:safetensors", "hf.co/test-org/two:same.gguf"}, list())
	_, err = c.store.Remove(ref(t, "hf.co/test-org/two:TQ2_0"))
	require.ErrorIs(t, err, ErrNotHere)
	// What was left of a download goes, if nobody is at it.
	part := filepath.Join(c.store.Dir(), filepath.FromSlash(partPath("test-org/two", hash64)))
	require.NoError(t, os.WriteFile(part, make([]byte, 77), 0o666))
	unlock, sole, err := c.store.lock(t.Context(), "test-org/two", hash64, func() {})
	require.NoError(t, err)
	require.True(t, sole)
	require.NoError(t, c.store.sweep("test-org/two"))
	require.FileExists(t, part)
	unlock()
	require.NoError(t, c.store.sweep("test-org/two"))
	require.NoFileExists(t, part)
	freed, err = c.store.Remove(ref(t, "hf.co/test-org/two@"+two.Commit()))
	require.NoError(t, err)
	require.EqualValues(t, 1000, freed)
	require.NoFileExists(t, filepath.Join(c.store.Dir(), "models--test-org--two", "refs", "main"))
	freed, err = c.store.Remove(ref(t, "hf.co/test-org/dir"))
	require.NoError(t, err)
	require.Greater(t, freed, int64(1_000_000))
	require.NoDirExists(t, filepath.Join(c.store.Dir(), "models--test-org--dir"))
	require.Empty(t, list())
	_, err = c.store.Remove(ref(t, "hf.co/test-org/dir"))
	require.ErrorIs(t, err, ErrNotHere)
}

// TestRemoveLink: where the repository's directory is a link of the user's, that is what is removed.
func TestRemoveLink(t *testing.T) {
	s := serve(t, tiny())
	c := client(t, s)
	path, err := pull(t.Context(), c, Ref{Repo: tinyRepo})
	require.NoError(t, err)
	dir := filepath.Join(c.store.Dir(), folder(tinyRepo))
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	require.NoError(t, os.Rename(dir, elsewhere))
	if err := os.Symlink(elsewhere, dir); err != nil {
		t.Skip("this system makes no links: ", err)
	}
	entries, err := c.store.List()
	require.NoError(t, err)
	require.Len(t, entries, 1)
	_, err = c.store.Remove(entries[0].Ref)
	require.ErrorIs(t, err, ErrDangerous)
	require.FileExists(t, path)
	freed, err := c.store.Remove(Ref{Repo: tinyRepo})
	require.NoError(t, err)
	require.Zero(t, freed)
	require.NoFileExists(t, dir)
	require.DirExists(t, elsewhere)
}

// TestFindIncomplete: what lacks a part is not here.
func TestFindIncomplete(t *testing.T) {
	repo := directory()
	s := serve(t, repo)
	c := client(t, s)
	r := ref(t, "hf.co/test-org/dir")
	path, err := pull(t.Context(), c, r)
	require.NoError(t, err)
	shard := filepath.Join(path, "model-00002-of-00002.safetensors")
	require.NoError(t, os.Remove(shard))
	_, err = c.store.Find(r)
	require.ErrorIs(t, err, ErrNotHere)
	require.ErrorContains(t, err, `"model-00002-of-00002.safetensors" is missing`)
	entries, err := c.store.List()
	require.NoError(t, err)
	require.Empty(t, entries)
	if err := os.Symlink("../../blobs/nothing", shard); err == nil {
		_, err = c.store.Find(r)
		require.ErrorIs(t, err, ErrNotHere)
	}
	s.Forget()
	_, err = pull(t.Context(), c, r)
	require.NoError(t, err)
	require.Zero(t, s.Sent(""), "the blob was here")
	_, err = c.store.Find(r)
	require.NoError(t, err)
	for _, name := range []string{"hf.co/test-org/dir@v1", "hf.co/test-org/dir@" + strings.Repeat("0", 40), "hf.co/a/b", "hf.co/test-org/dir:i2_s"} {
		_, err := c.store.Find(ref(t, name))
		require.ErrorIs(t, err, ErrNotHere, name)
	}
	found, err := c.store.Find(ref(t, "hf.co/test-org/dir@"+repo.Commit()))
	require.NoError(t, err)
	require.Equal(t, path, found.Path)
}

// TestWeightsLast: what a pull that fails leaves of a checkpoint is not taken for a model.
func TestWeightsLast(t *testing.T) {
	repo := directory()
	s := serve(t, repo)
	c := client(t, s)
	s.Inject(hubtest.Fault{Host: "cdn", File: "tokenizer.json", Status: http.StatusBadGateway})
	_, err := pull(t.Context(), c, Ref{Repo: repo.Name})
	require.ErrorContains(t, err, "502")
	entries, err := c.store.List()
	require.NoError(t, err)
	require.Empty(t, entries)
	require.Zero(t, s.Sent("model-00001-of-00002.safetensors"))
	_, err = c.store.Find(Ref{Repo: repo.Name, Revision: repo.Commit()})
	require.ErrorIs(t, err, ErrNotHere)
}

// TestBesideIncomplete: half a split model hides no other one.
func TestBesideIncomplete(t *testing.T) {
	s := serve(t, hubtest.Repo{Name: "test-org/two", Files: []hubtest.File{
		{Path: "a.gguf", Data: noise(5, 1000), LFS: true},
		{Path: "b-00001-of-00002.gguf", Data: noise(6, 2*testPart), LFS: true},
		{Path: "b-00002-of-00002.gguf", Data: noise(7, 2*testPart), LFS: true},
	}})
	c := client(t, s)
	a := ref(t, "hf.co/test-org/two:a.gguf")
	path, err := pull(t.Context(), c, a)
	require.NoError(t, err)
	s.Inject(hubtest.Fault{Host: "cdn", File: "b-00002-of-00002.gguf", Status: http.StatusNotImplemented})
	_, err = pull(t.Context(), c, ref(t, "hf.co/test-org/two:b-00001-of-00002.gguf"))
	require.Error(t, err)
	found, err := c.store.Find(a)
	require.NoError(t, err)
	require.Equal(t, path, found.Path)
	_, err = c.store.Find(ref(t, "hf.co/test-org/two:b-00001-of-00002.gguf"))
	require.ErrorIs(t, err, ErrNotHere)
	require.ErrorContains(t, err, "is one of 2 parts, and 1 of them are there")
	entries, err := c.store.List()
	require.NoError(t, err)
	require.Len(t, entries, 1)
	_, err = c.store.Remove(a)
	require.NoError(t, err)
}

// TestConcurrent: many pulls of one model into one store fetch it once.
func TestConcurrent(t *testing.T) {
	repo := tiny()
	s := serve(t, repo)
	cache := t.TempDir()
	var running sync.WaitGroup
	for range 6 {
		c := client(t, s, func(o *Options) { o.Cache = cache })
		running.Go(func() {
			path, err := pull(t.Context(), c, Ref{Repo: tinyRepo})
			if err != nil {
				t.Error(err)
				return
			}
			requireFile(t, path, repo.Files[2].Data)
		})
	}
	running.Wait()
	require.EqualValues(t, len(repo.Files[2].Data), s.Sent(tinyGGUF))
}

// TestLock: a pull waits for who fetches the same file, says so, and can be cancelled meanwhile.
func TestLock(t *testing.T) {
	repo := tiny()
	s := serve(t, repo)
	c := client(t, s)
	p, err := c.Resolve(t.Context(), Ref{Repo: tinyRepo})
	require.NoError(t, err)
	unlock, _, err := c.store.lock(t.Context(), tinyRepo, p.Files[0].Blob, func() { t.Error("nobody has it") })
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	waited := false
	_, err = c.Pull(ctx, p, func(p Progress) {
		if p.Phase == Waiting {
			waited = p.File == tinyGGUF
			cancel()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.True(t, waited)
	require.Zero(t, s.Sent(tinyGGUF))
	// A lock whose file was removed keeps nobody out.
	held, err := c.store.root.Open(lockPath(tinyRepo, p.Files[0].Blob))
	require.NoError(t, err)
	defer held.Close()
	require.True(t, c.store.isStill(lockPath(tinyRepo, p.Files[0].Blob), held))
	require.NoError(t, c.store.root.RemoveAll(".locks"))
	require.False(t, c.store.isStill(lockPath(tinyRepo, p.Files[0].Blob), held))
	second, _, err := c.store.lock(t.Context(), tinyRepo, p.Files[0].Blob, func() { t.Error("nobody has it") })
	require.NoError(t, err)
	require.False(t, c.store.isStill(lockPath(tinyRepo, p.Files[0].Blob), held), "it is another file")
	second()
	unlock()
	_, err = c.Pull(t.Context(), p, nil)
	require.NoError(t, err)
}

func TestEnvironment(t *testing.T) {
	user, err := os.UserHomeDir()
	require.NoError(t, err)
	home := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(home, "token"), []byte("hf_file\n"), 0o600))
	in := func(set map[string]string) func(string) (string, bool) {
		return func(name string) (string, bool) {
			value, ok := set[name]
			return value, ok
		}
	}
	for name, test := range map[string]struct {
		set  map[string]string
		want Options
	}{
		"nothing":      {map[string]string{"HF_TOKEN_PATH": "/nowhere"}, Options{Cache: filepath.Join(user, ".cache", "huggingface", "hub")}},
		"xdg":          {map[string]string{"XDG_CACHE_HOME": "/xdg"}, Options{Cache: filepath.FromSlash("/xdg/huggingface/hub")}},
		"home":         {map[string]string{"HF_HOME": home}, Options{Cache: filepath.Join(home, "hub"), Token: "hf_file"}},
		"token":        {map[string]string{"HF_HOME": home, "HF_TOKEN": " hf_env "}, Options{Cache: filepath.Join(home, "hub"), Token: "hf_env"}},
		"no token":     {map[string]string{"HF_HOME": home, "HF_TOKEN": "x", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "yes"}, Options{Cache: filepath.Join(home, "hub")}},
		"old names":    {map[string]string{"HUGGINGFACE_HUB_CACHE": "/old", "HUGGING_FACE_HUB_TOKEN": "t"}, Options{Cache: "/old", Token: "t"}},
		"cache":        {map[string]string{"HF_HUB_CACHE": "~/c/$X", "X": "y", "HUGGINGFACE_HUB_CACHE": "/old", "HF_TOKEN": "t"}, Options{Cache: user + "/c/y", Token: "t"}},
		"not set":      {map[string]string{"HF_HUB_CACHE": "/a$b/${c}$$/${X}", "X": "y", "HF_TOKEN": "t"}, Options{Cache: "/a$b/${c}$$/y", Token: "t"}},
		"transformers": {map[string]string{"TRANSFORMERS_OFFLINE": "1", "HF_HUB_CACHE": "/c", "HF_TOKEN": "t"}, Options{Cache: "/c", Token: "t", Offline: true}},
		"not so":       {map[string]string{"TRANSFORMERS_OFFLINE": "1", "HF_HUB_OFFLINE": "0", "HF_HUB_CACHE": "/c", "HF_TOKEN": "t"}, Options{Cache: "/c", Token: "t"}},
		"no links":     {map[string]string{"HF_HUB_DISABLE_SYMLINKS": "true", "HF_HUB_CACHE": "/c", "HF_TOKEN": "t"}, Options{Cache: "/c", Token: "t", NoSymlinks: true}},
		"offline":      {map[string]string{"HF_HUB_OFFLINE": "on", "HF_HUB_CACHE": "/c", "HF_TOKEN": "t"}, Options{Cache: "/c", Token: "t", Offline: true}},
		"not offline":  {map[string]string{"HF_HUB_OFFLINE": "0", "HF_HUB_CACHE": "/c", "HF_TOKEN": "t"}, Options{Cache: "/c", Token: "t"}},
		"endpoint":     {map[string]string{"HF_ENDPOINT": "https://mirror.example", "HF_HUB_CACHE": "/c", "HF_TOKEN_PATH": filepath.Join(home, "token")}, Options{Cache: "/c", Token: "hf_file", Endpoint: "https://mirror.example"}},
	} {
		got, err := fromEnvironment(in(test.set))
		require.NoError(t, err, name)
		if test.want.Token == "" && name == "xdg" {
			got.Token = ""
		}
		require.Equal(t, test.want, got, name)
	}
	_, err = fromEnvironment(in(map[string]string{"HF_TOKEN_PATH": home}))
	require.ErrorContains(t, err, "token file")
}
