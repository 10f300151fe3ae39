package hub

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// hugging runs a script with Hugging Face's own library on a store, and returns what it prints.
func hugging(t *testing.T, endpoint, cache, script string) string {
	t.Helper()
	python := os.Getenv("HUB_TEST_PYTHON")
	if python == "" {
		python = "python3"
	}
	if err := exec.Command(python, "-c", "import huggingface_hub").Run(); err != nil {
		t.Skip("the Python package huggingface_hub is not installed; HUB_TEST_PYTHON names an interpreter that has it")
	}
	cmd := exec.Command(python, "-c", script)
	cmd.Env = append(os.Environ(), "HF_ENDPOINT="+endpoint, "HF_HUB_CACHE="+cache, "HF_HOME="+filepath.Dir(cache),
		"HF_TOKEN=", "HF_HUB_DISABLE_PROGRESS_BARS=1", "HF_HUB_DISABLE_TELEMETRY=1", "HF_HUB_DISABLE_UPDATE_CHECK=1", "HF_HUB_DISABLE_XET=1")
	var failed strings.Builder
	cmd.Stderr = &failed
	out, err := cmd.Output()
	require.NoError(t, err, failed.String())
	return strings.TrimSpace(string(out))
}

// TestFindByLibrary: what Pull stores, huggingface_hub finds: without the network, with it without a byte of content,
// and when it looks through the store.
func TestFindByLibrary(t *testing.T) {
	repo, files := tiny(), directory()
	s := serve(t, repo, files)
	c := client(t, s)
	file, err := pull(t.Context(), c, Ref{Repo: repo.Name})
	require.NoError(t, err)
	dir, err := pull(t.Context(), c, Ref{Repo: files.Name})
	require.NoError(t, err)
	s.Forget()
	for _, local := range []string{"True", "False"} {
		require.Equal(t, file, hugging(t, s.URL(), c.store.Dir(), `
from huggingface_hub import hf_hub_download
print(hf_hub_download("`+repo.Name+`", "`+tinyGGUF+`", local_files_only=`+local+`))`))
		require.Equal(t, dir, hugging(t, s.URL(), c.store.Dir(), `
from huggingface_hub import snapshot_download
print(snapshot_download("`+files.Name+`", allow_patterns=["*.safetensors", "*.json"], local_files_only=`+local+`))`))
	}
	require.Zero(t, s.Sent(""))
	require.Equal(t, "0 models/test-org/dir models/test-org/tiny.model main 1 1", hugging(t, s.URL(), c.store.Dir(), `
from huggingface_hub import scan_cache_dir
c = scan_cache_dir()
tiny = next(r for r in c.repos if r.repo_id == "`+repo.Name+`")
revision, = tiny.revisions
print(len(c.warnings), *sorted(f"{r.repo_type}s/{r.repo_id}" for r in c.repos), *revision.refs, tiny.nb_files, len(revision.files))`))
}

// TestFindFromLibrary: what huggingface_hub has fetched is found, and only what it lacks is fetched.
func TestFindFromLibrary(t *testing.T) {
	repo, files := tiny(), directory()
	s := serve(t, repo, files)
	c := client(t, s)
	file := hugging(t, s.URL(), c.store.Dir(), `
from huggingface_hub import hf_hub_download, snapshot_download
print(hf_hub_download("`+repo.Name+`", "`+tinyGGUF+`"))
snapshot_download("`+files.Name+`", ignore_patterns=["model-00002*"])`)
	found, err := c.store.Find(Ref{Repo: repo.Name})
	require.NoError(t, err)
	require.Equal(t, file, found.Path)
	_, err = c.store.Find(Ref{Repo: files.Name})
	require.ErrorIs(t, err, ErrNotHere)
	entries, err := c.store.List()
	require.NoError(t, err)
	require.Len(t, entries, 1)
	s.Forget()
	for _, r := range []Ref{{Repo: repo.Name}, {Repo: files.Name}} {
		path, err := pull(t.Context(), c, r)
		require.NoError(t, err)
		found, err := c.store.Find(r)
		require.NoError(t, err)
		require.Equal(t, path, found.Path)
	}
	require.EqualValues(t, 200<<10, s.Sent(""), "the second shard alone")
	_, err = c.store.Remove(Ref{Repo: files.Name})
	require.NoError(t, err)
}
