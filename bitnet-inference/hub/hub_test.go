package hub

import (
	"bytes"
	"context"
	"crypto/sha256"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-inference/hub/hubtest"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(victimEnv) != "" {
		os.Exit(victim())
	}
	goleak.VerifyTestMain(m)
}

const (
	tinyRepo = "test-org/tiny.model"
	tinyGGUF = "tiny-i2_s.gguf"
	testPart = 64 << 10
	// testBlock has a session of small parts fill and keep many blocks.
	testBlock = 4 << 10
)

// noise is content that no two places of have the same bytes.
func noise(seed uint64, n int) []byte {
	data := make([]byte, n)
	key := sha256.Sum256([]byte{byte(seed), byte(seed >> 8)})
	_, _ = rand.NewChaCha8(key).Read(data) // never fails
	return data
}

// tiny is a repository with a GGUF file of a megabyte and what stands beside it.
func tiny() hubtest.Repo {
	return hubtest.Repo{Name: tinyRepo, Licence: "mit", Files: []hubtest.File{
		{Path: ".gitattributes", Data: []byte("*.gguf filter=lfs\n")},
		{Path: "README.md", Data: []byte("# tiny\n")},
		{Path: tinyGGUF, Data: noise(1, 1<<20+12345), LFS: true},
	}}
}

// directory is a repository with a checkpoint in two shards.
func directory() hubtest.Repo {
	return hubtest.Repo{Name: "test-org/dir", Licence: "apache-2.0", Files: []hubtest.File{
		{Path: "README.md", Data: []byte("# dir\n")},
		{Path: "config.json", Data: []byte(`{"model_type":"llama"}`)},
		{Path: "1_Pooling/config.json", Data: []byte(`{}`)},
		{Path: "empty", Data: nil},
		{Path: "added_tokens.json", Data: nil},
		{Path: "tokenizer.json", Data: noise(2, 300<<10), LFS: true},
		{Path: "model-00001-of-00002.safetensors", Data: noise(3, 500<<10), LFS: true},
		{Path: "model-00002-of-00002.safetensors", Data: noise(4, 200<<10), LFS: true},
		{Path: "model.safetensors.index.json", Data: []byte(`{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}`)},
		{Path: "pytorch_model.bin", Data: []byte("pickle"), LFS: true},
	}}
}

// client is one of a server with small parts and short times, and an empty store.
func client(t testing.TB, s *hubtest.Server, change ...func(*Options)) *Client {
	t.Helper()
	o := Options{
		Endpoint: s.URL(), Cache: filepath.Join(t.TempDir(), "hub"), Token: s.Token,
		Connections: 4, PartSize: testPart, Stall: 5 * time.Second, Attempts: 4,
	}
	for _, f := range change {
		f(&o)
	}
	c, err := New(o)
	require.NoError(t, err)
	c.firstWait, c.block = time.Millisecond, testBlock
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func serve(t testing.TB, repos ...hubtest.Repo) *hubtest.Server {
	t.Helper()
	s := hubtest.New(repos...)
	t.Cleanup(s.Close)
	return s
}

func ref(t testing.TB, name string) Ref {
	t.Helper()
	r, err := ParseRef(name)
	require.NoError(t, err)
	return r
}

// pull resolves and pulls.
func pull(ctx context.Context, c *Client, r Ref) (string, error) {
	p, err := c.Resolve(ctx, r)
	if err != nil {
		return "", err
	}
	return c.Pull(ctx, p, nil)
}

// requireFile compares without printing megabytes.
func requireFile(t testing.TB, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Len(t, got, len(want))
	require.True(t, bytes.Equal(want, got), path)
}

// leftovers lists the files of a store's directories that no finished pull leaves.
func leftovers(t testing.TB, c *Client) (left []string) {
	t.Helper()
	for _, pattern := range []string{"*/blobs/*.part", "*/blobs/*.parts", "*/blobs/*.tmp", "*/refs/*.tmp", "*/snapshots/*/*.tmp"} {
		found, err := filepath.Glob(filepath.Join(c.store.Dir(), pattern))
		require.NoError(t, err)
		left = append(left, found...)
	}
	return left
}

func TestPullFile(t *testing.T) {
	repo := tiny()
	s := serve(t, repo)
	s.Page = 2
	c := client(t, s)
	p, err := c.Resolve(t.Context(), ref(t, "hf.co/"+tinyRepo))
	require.NoError(t, err)
	require.Equal(t, "mit", p.Licence)
	require.Equal(t, repo.Commit(), p.Commit)
	require.Len(t, p.Files, 1)
	require.Equal(t, repo.Files[2].Blob(), p.Files[0].SHA256())
	require.EqualValues(t, len(repo.Files[2].Data), p.Fetch())

	var seen []Progress
	path, err := c.Pull(t.Context(), p, func(p Progress) { seen = append(seen, p) })
	require.NoError(t, err)
	require.Equal(t, p.Path, path)
	require.Equal(t, filepath.Join(c.store.Dir(), "models--test-org--tiny.model", "snapshots", repo.Commit(), tinyGGUF), path)
	requireFile(t, path, repo.Files[2].Data)
	require.Empty(t, leftovers(t, c))
	require.EqualValues(t, len(repo.Files[2].Data), s.Sent(tinyGGUF), "every byte once")
	last := seen[len(seen)-1]
	require.Equal(t, Done, last.Phase)
	require.Equal(t, p.Size, last.Done)
	require.Equal(t, p.Size, last.Fetched)

	s.Forget()
	p, err = c.Resolve(t.Context(), ref(t, "hf.co/"+tinyRepo))
	require.NoError(t, err)
	require.Zero(t, p.Fetch())
	again, err := c.Pull(t.Context(), p, nil)
	require.NoError(t, err)
	require.Equal(t, path, again)
	require.Zero(t, s.Sent(""))
	found, err := c.store.Find(ref(t, "hf.co/"+tinyRepo+":I2_S"))
	require.NoError(t, err)
	require.Equal(t, path, found.Path)
}

func TestPullDirectory(t *testing.T) {
	repo := directory()
	s := serve(t, repo)
	c := client(t, s)
	path, err := pull(t.Context(), c, ref(t, "hf:test-org/dir"))
	require.NoError(t, err)
	for _, f := range repo.Files {
		if f.Path == "README.md" || f.Path == "empty" || f.Path == "pytorch_model.bin" {
			require.NoFileExists(t, filepath.Join(path, f.Path))
			continue
		}
		requireFile(t, filepath.Join(path, filepath.FromSlash(f.Path)), f.Data)
	}
	require.Empty(t, leftovers(t, c))
	found, err := c.store.Find(ref(t, "hf:test-org/dir"))
	require.NoError(t, err)
	require.Equal(t, path, found.Path)
}
