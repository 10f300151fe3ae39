package hub

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseRef(t *testing.T) {
	for name, want := range map[string]Ref{
		"hf.co/org/repo":                                     {Repo: "org/repo"},
		"HF.co/org/repo":                                     {Repo: "org/repo"},
		"huggingface.co/org/repo":                            {Repo: "org/repo"},
		"hf:org/repo":                                        {Repo: "org/repo"},
		"hf://org/repo@v1":                                   {Repo: "org/repo", Revision: "v1"},
		"hf.co/org/repo:i2_s":                                {Repo: "org/repo", Quant: "i2_s"},
		"hf.co/org/repo:TQ2_0@main":                          {Repo: "org/repo", Quant: "TQ2_0", Revision: "main"},
		"hf.co/org/repo:a/b-I2_S.GGUF@refs/pr/1":             {Repo: "org/repo", File: "a/b-I2_S.GGUF", Revision: "refs/pr/1"},
		"hf.co/org/repo@0123456789":                          {Repo: "org/repo", Revision: "0123456789"},
		"https://huggingface.co/org/repo":                    {Repo: "org/repo"},
		"https://huggingface.co/org/repo/":                   {Repo: "org/repo"},
		"http://hf.co/org/repo?x=y":                          {Repo: "org/repo"},
		"https://huggingface.co/org/repo/tree/v2":            {Repo: "org/repo", Revision: "v2"},
		"https://huggingface.co/org/repo/blob/main/a/m.gguf": {Repo: "org/repo", Revision: "main", File: "a/m.gguf"},
		"https://huggingface.co/org/repo/resolve/main/m.gguf?download=true": {Repo: "org/repo", Revision: "main", File: "m.gguf"},
		"https://huggingface.co/org/repo/resolve/refs%2Fpr%2F1/m.gguf":      {Repo: "org/repo", Revision: "refs/pr/1", File: "m.gguf"},
		"https://huggingface.co/org/repo/blob/main/x@y.gguf":                {Repo: "org/repo", Revision: "main", File: "x@y.gguf"},
		"2b4t":           {Repo: "microsoft/bitnet-b1.58-2B-4T-gguf", Quant: "i2_s"},
		"2B4T@abc":       {Repo: "microsoft/bitnet-b1.58-2B-4T-gguf", Quant: "i2_s", Revision: "abc"},
		"2b4t:x.gguf":    {Repo: "microsoft/bitnet-b1.58-2B-4T-gguf", File: "x.gguf"},
		"trilm-99m:bf16": {Repo: "SpectraSuite/TriLM_99M_Unpacked", Quant: "bf16"},
	} {
		got, err := ParseRef(name)
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
		again, err := ParseRef(got.String())
		require.NoError(t, err, name)
		got.Revision, again.Revision = got.revision(), again.revision()
		require.Equal(t, got, again)
	}
	for _, name := range []string{"", "model.gguf", "./dir", "/abs/path", "org/repo", "unknown", `C:\x`, "https://example.com/a/b", "hf.com/a/b", "hf", "fable"} {
		_, err := ParseRef(name)
		require.ErrorIs(t, err, ErrNotRef, name)
	}
	for _, name := range []string{
		"hf.co/", "hf.co/org", "hf.co/org/repo/more", "hf.co/org/repo:", "hf.co/org/repo@", "hf.co/../repo", "hf.co/org/..", "hf.co/org/re--po",
		"hf.co/org/repo:../x.gguf", "hf.co/org/repo:/x.gguf", "hf.co/org/repo@../../x", "hf.co/org/repo:a b", "hf.co/o:rg/repo", "hf.co/-org/repo",
		"hf.co/org/repo.git", "hf.co/org/nul", "hf.co/" + strings.Repeat("a", 99) + "/b", "https://huggingface.co/org", "https://huggingface.co/datasets/a/b",
		"https://huggingface.co/org/repo/blob/main/config.json", "https://huggingface.co/org/repo/discussions/1", "https://huggingface.co/org/repo/blob/main/%2e%2e/x.gguf",
		"hf.co/org/repo:model.safetensors:x", "https://huggingface.co/org/repo/tree/a@b", "2b4t:",
	} {
		_, err := ParseRef(name)
		require.Error(t, err, name)
		require.NotErrorIs(t, err, ErrNotRef, name)
	}
}

func FuzzParseRef(f *testing.F) {
	for _, s := range []string{"hf.co/org/repo:i2_s@main", "https://huggingface.co/org/repo/blob/main/a.gguf", "hf:a/b@refs/pr/1", "2b4t", "hf.co/a/b:c.gguf", "https://hf.co/a/b/blob/main/x@y.gguf", "hf.co/a/b:x@y.gguf@v1", "http://hf.co/0/0/blob/0@"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRef(s)
		if err != nil {
			return
		}
		require.NoError(t, r.check())
		require.NotContains(t, folder(r.Repo), "..")
		require.Equal(t, r.Repo, repoOf(folder(r.Repo)))
		again, err := ParseRef(r.String())
		require.NoError(t, err, r.String())
		r.Revision, again.Revision = r.revision(), again.revision()
		require.Equal(t, r, again)
	})
}

// TestKnownModels holds the table to its own rules.
func TestKnownModels(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range KnownModels() {
		require.NotEmpty(t, k.Name)
		require.False(t, seen[k.Name], k.Name)
		seen[k.Name] = true
		require.NoError(t, k.Ref().check(), k.Name)
		r, err := ParseRef(k.Name)
		require.NoError(t, err)
		require.Equal(t, k.Ref(), r)
		if k.Convert != "" {
			require.True(t, strings.HasPrefix(k.Convert, "bitnet convert "), k.Name)
		}
	}
	for _, name := range []string{"2b4t", "2b4t-bf16", "falcon3-1b", "falcon3-10b", "falcon-e-3b", "llama3-8b-1.58", "bitnet-large", "bitnet-3b", "trilm-3.9b", "embed-0.6b"} {
		require.True(t, seen[name], name)
	}
	for i, line := range strings.Split(strings.TrimSpace(knownTable), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		require.Len(t, f, 8, "line %d", i+1)
		if f[5] != "" {
			n, err := strconv.ParseInt(f[5], 10, 64)
			require.NoError(t, err)
			require.Zero(t, n%1_000_000, "line %d: three digits are what is known", i+1)
		}
	}
}
