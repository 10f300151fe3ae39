package hub

import (
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-inference/hub/hubtest"
)

// TestTokenizerAlone: what fetches a tokenizer brings no weights, is no model for anybody else, and is not fetched again
// when the weights are.
func TestTokenizerAlone(t *testing.T) {
	repo := directory()
	s := serve(t, repo)
	c := client(t, s)
	r := ref(t, "hf.co/test-org/dir")
	_, err := c.store.FindTokenizer(r)
	require.ErrorIs(t, err, ErrNotHere)
	all, err := c.Resolve(t.Context(), r)
	require.NoError(t, err)
	p, err := all.Tokenizer()
	require.NoError(t, err)
	require.Len(t, p.Files, 4)
	dir, err := c.Pull(t.Context(), p, nil)
	require.NoError(t, err)
	require.NoFileExists(t, filepath.Join(dir, "model-00001-of-00002.safetensors"))
	require.Equal(t, p.Size, s.Sent(""))

	_, err = c.store.Find(r)
	require.ErrorIs(t, err, ErrNotHere)
	entries, err := c.store.List()
	require.NoError(t, err)
	require.Empty(t, entries)
	for _, name := range []string{"", ":safetensors", "@" + repo.Commit()} {
		e, err := c.store.FindTokenizer(ref(t, "hf.co/test-org/dir"+name))
		require.NoError(t, err)
		require.Equal(t, dir, e.Path)
		require.Len(t, e.Files, 4)
	}
	for _, name := range []string{":i2_s", ":a.gguf", "@v2"} {
		_, err := c.store.FindTokenizer(ref(t, "hf.co/test-org/dir"+name))
		require.ErrorIs(t, err, ErrNotHere, name)
	}

	s.Forget()
	all, err = c.Resolve(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, p.Size, all.Have)
	_, err = c.Pull(t.Context(), all, nil)
	require.NoError(t, err)
	require.Equal(t, all.Size-p.Size, s.Sent(""))
	e, err := c.store.Find(r)
	require.NoError(t, err)
	found, err := c.store.FindTokenizer(r)
	require.NoError(t, err)
	require.Equal(t, e, found)

	_, err = c.store.Remove(r)
	require.NoError(t, err)
	require.NoDirExists(t, filepath.Join(c.store.Dir(), folder(repo.Name)))
}

// TestTokenizerBesideGGUF: the tokenizer of a directory is not that of the GGUF files beside it.
func TestTokenizerBesideGGUF(t *testing.T) {
	repo := directory()
	repo.Files = append(repo.Files, hubtest.File{Path: "a.gguf", Data: noise(8, 1000), LFS: true}, hubtest.File{Path: "b.gguf", Data: noise(9, 1000), LFS: true})
	c := client(t, serve(t, repo))
	file := ref(t, "hf.co/test-org/dir:a.gguf")
	p, err := c.Resolve(t.Context(), file)
	require.NoError(t, err)
	same, err := p.Tokenizer()
	require.NoError(t, err)
	require.Same(t, p, same, "it is in the file")
	_, err = c.Pull(t.Context(), p, nil)
	require.NoError(t, err)
	directory := ref(t, "hf.co/test-org/dir:safetensors")
	_, err = c.store.FindTokenizer(directory)
	require.ErrorIs(t, err, ErrNotHere)
	if p, err = c.Resolve(t.Context(), directory); err == nil {
		p, err = p.Tokenizer()
	}
	require.NoError(t, err)
	_, err = c.Pull(t.Context(), p, nil)
	require.NoError(t, err)
	for r, want := range map[Ref]string{file: "a.gguf", directory: "", {Repo: repo.Name}: "a.gguf"} {
		e, err := c.store.FindTokenizer(r)
		require.NoError(t, err)
		require.Equal(t, filepath.Join(p.Dir, want), e.Path)
	}
	_, err = c.store.FindTokenizer(ref(t, "hf.co/test-org/dir:b.gguf"))
	require.ErrorIs(t, err, ErrNotHere)
}

// TestTokenizerOfNone: a tokenizer that the hub or the store has not got is none.
func TestTokenizerOfNone(t *testing.T) {
	repo := directory()
	s := serve(t, repo)
	c := client(t, s)
	r := ref(t, "hf.co/test-org/dir")
	s.Inject(hubtest.Fault{Host: "cdn", File: "tokenizer.json", Status: http.StatusBadGateway})
	p, err := c.Resolve(t.Context(), r)
	require.NoError(t, err)
	part, err := p.Tokenizer()
	require.NoError(t, err)
	_, err = c.Pull(t.Context(), part, nil)
	require.ErrorContains(t, err, "502")
	require.FileExists(t, filepath.Join(p.Dir, "config.json"))
	require.NoFileExists(t, filepath.Join(p.Dir, "tokenizer.json"))
	require.NoError(t, c.store.setRef(repo.Name, "main", p.Commit))
	_, err = c.store.FindTokenizer(r)
	require.ErrorIs(t, err, ErrNotHere, "config.json alone")

	repo.Files = repo.Files[:2]
	repo.Files = append(repo.Files, hubtest.File{Path: "model.safetensors", Data: noise(3, 100), LFS: true})
	s.Add(repo)
	p, err = c.Resolve(t.Context(), r)
	require.NoError(t, err)
	_, err = p.Tokenizer()
	require.EqualError(t, err, "test-org/dir: it has no tokenizer: neither tokenizer.json nor tokenizer.model is there")
}

// TestTokenizerLate: of a tokenizer nothing is here before the files that add tokens to it.
func TestTokenizerLate(t *testing.T) {
	repo := directory()
	repo.Files[5].Data = noise(2, 100) // small files come all at once
	s := serve(t, repo)
	c := client(t, s)
	s.Inject(hubtest.Fault{Host: "hub", File: "config.json", Status: http.StatusBadGateway})
	_, err := pull(t.Context(), c, ref(t, "hf.co/test-org/dir"))
	require.ErrorContains(t, err, "502")
	require.Zero(t, s.Sent("tokenizer.json"))
}

// TestTokenizerPreferred: of two tokenizers the one that a whole directory would use comes first, so that the other is never
// taken in its place.
func TestTokenizerPreferred(t *testing.T) {
	repo := directory()
	repo.Files = append(repo.Files, hubtest.File{Path: "tokenizer.model", Data: noise(7, 100)})
	s := serve(t, repo)
	c := client(t, s)
	r := ref(t, "hf.co/test-org/dir")
	s.Inject(hubtest.Fault{Host: "cdn", File: "tokenizer.json", Status: http.StatusBadGateway})
	p, err := c.Resolve(t.Context(), r)
	require.NoError(t, err)
	part, err := p.Tokenizer()
	require.NoError(t, err)
	_, err = c.Pull(t.Context(), part, nil)
	require.ErrorContains(t, err, "502")
	require.NoError(t, c.store.setRef(repo.Name, "main", p.Commit))
	_, err = c.store.FindTokenizer(r)
	require.ErrorIs(t, err, ErrNotHere)
	require.Zero(t, s.Sent("tokenizer.model"))
}

// TestTokenizerRemoved: the name that a tokenizer is found under removes it, and not the GGUF file beside it.
func TestTokenizerRemoved(t *testing.T) {
	repo := directory()
	repo.Files = append(repo.Files, hubtest.File{Path: "a.gguf", Data: noise(8, 1000), LFS: true})
	c := client(t, serve(t, repo))
	_, err := pull(t.Context(), c, ref(t, "hf.co/test-org/dir:a.gguf"))
	require.NoError(t, err)
	r := ref(t, "hf.co/test-org/dir:safetensors")
	_, err = c.store.Remove(r)
	require.ErrorIs(t, err, ErrNotHere)
	p, err := c.Resolve(t.Context(), r)
	require.NoError(t, err)
	p, err = p.Tokenizer()
	require.NoError(t, err)
	_, err = c.Pull(t.Context(), p, nil)
	require.NoError(t, err)
	freed, err := c.store.Remove(r)
	require.NoError(t, err)
	require.Equal(t, p.Size, freed)
	_, err = c.store.FindTokenizer(r)
	require.ErrorIs(t, err, ErrNotHere)
	_, err = c.store.Find(ref(t, "hf.co/test-org/dir:a.gguf"))
	require.NoError(t, err)
}
