package cli

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// runConvert runs the command and returns its exit code and output.
func runConvert(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	s := &Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr}
	root := newRoot(s)
	root.SetArgs(append([]string{"convert"}, args...))
	cmd, err := root.ExecuteContextC(t.Context())
	return report(s, cmd, err), stdout.String(), stderr.String()
}

func TestConvert(t *testing.T) {
	src := golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed")
	dst := filepath.Join(t.TempDir(), "m.gguf")

	code, out, errs := runConvert(t, src, dst, "--dry-run")
	require.Zero(t, code, errs)
	require.Contains(t, out, "blk.*.attn_q.weight")
	require.Contains(t, out, "would write "+dst)
	require.Contains(t, out, "note: the source has no tokenizer")
	require.NoFileExists(t, dst)

	code, _, errs = runConvert(t, src, dst, "--embedding", "q8_0")
	require.Equal(t, exitError, code)
	require.Regexp(t, `^bitnet: the conversion would lose something in 1 tensor; .*--allow-lossy; token_embd\.weight from BF16 to Q8_0: .* of the values change`, errs)
	require.Equal(t, 1, strings.Count(errs, "\n"))
	require.NoFileExists(t, dst)

	code, out, errs = runConvert(t, src, dst, "--type", "i2_s", "--json")
	require.Zero(t, code, errs)
	var d struct {
		Target, Format string
		Bytes          int64
		Steps          []struct{ Name, Type, Action string }
		DryRun         bool `json:"dry_run"`
	}
	require.NoError(t, json.Unmarshal([]byte(out), &d))
	require.Equal(t, dst, d.Target)
	require.Equal(t, "GGUF", d.Format)
	require.False(t, d.DryRun)
	info, err := os.Stat(dst)
	require.NoError(t, err)
	require.Greater(t, info.Size(), d.Bytes)
	require.Equal(t, "token_embd.weight", d.Steps[0].Name)

	code, _, errs = runConvert(t, src, dst)
	require.Equal(t, exitError, code)
	require.Equal(t, "bitnet: "+dst+" is there already: remove it, name another file, or replace it with --force\n", errs)
	code, _, _ = runConvert(t, src)
	require.Equal(t, exitUsage, code)
}

// TestConvertSource: what is no model is refused as all commands do.
func TestConvertSource(t *testing.T) {
	dir := golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed")
	t.Chdir(t.TempDir())
	code, _, errs := runConvert(t, "none.gguf", "m.gguf")
	require.Equal(t, exitError, code)
	require.Equal(t, "bitnet: model \"none.gguf\": no such file or directory; name a .gguf file, a model directory, a model of the hub (hf.co/ORG/REPO), or fable, the built-in model\n", errs)
	code, _, errs = runConvert(t, "hf.co/a/b", "m.gguf", "--quantization", "offline") // before anything is downloaded
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, `--quantization is "offline"`)
	require.NoError(t, os.Mkdir("there.gguf", 0o755))
	for flags, want := range map[string]string{
		"m.gguf --type nonsense":         `the type "nonsense"`,
		"m.gguf --set nonsense":          "is not KEY=VALUE",
		"m.gguf --tensor-type ffn=silly": "silly",
		"there.gguf":                     "there.gguf is a directory",
	} {
		code, _, errs = runConvert(t, append([]string{"hf.co/a/b"}, strings.Fields(flags)...)...)
		require.Equal(t, exitError, code)
		require.Contains(t, errs, want)
	}
	code, _, errs = runConvert(t, filepath.Join(dir, "model.safetensors"), "m.gguf")
	require.Equal(t, exitError, code)
	require.Equal(t, "bitnet: "+filepath.Join(dir, "model.safetensors")+" is one file of a model; name the directory it is in: "+dir+"\n", errs)

	require.NoError(t, os.WriteFile("fable", []byte("no model"), 0o600))
	code, out, errs := runConvert(t, "fable", "m.gguf", "--dry-run")
	require.Zero(t, code, errs)
	require.Contains(t, out, "would write m.gguf")
	require.NoError(t, os.Remove("fable"))
	code, _, errs = runConvert(t, "fable", "fable")
	require.Zero(t, code, errs)
	code, _, errs = runConvert(t, "fable", "fable")
	require.Equal(t, exitError, code)
	require.Equal(t, "bitnet: the directory fable is there already: remove it or name another\n", errs)
	require.NoError(t, os.RemoveAll("fable"))
	code, _, _ = runConvert(t, "./fable", "m.gguf")
	require.Equal(t, exitError, code)
}

// TestConvertTargets: what cannot be made, or would take the place of something, is refused
// in one line, and everything stays as it is.
func TestConvertTargets(t *testing.T) {
	packed := golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed")
	dir := t.TempDir()
	t.Chdir(dir)
	for _, target := range []string{"m.gguf", "model"} {
		code, _, errs := runConvert(t, packed, target)
		require.Zero(t, code, errs)
	}
	require.NoError(t, os.Link("m.gguf", "link.gguf"))
	require.NoError(t, os.Symlink("m.gguf", "symlink.gguf"))
	require.NoError(t, os.Symlink("model", "symlink"))
	require.NoError(t, os.Symlink("nothing", "nowhere.gguf"))
	require.NoError(t, os.Mkdir("dir.gguf", 0o755))
	require.NoError(t, os.WriteFile("file", []byte("text"), 0o600))
	sums := func() map[string]string {
		all := map[string]string{}
		require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				var data []byte
				data, err = os.ReadFile(path)
				all[path] = string(data)
			} else {
				all[path] = d.Type().String()
			}
			return err
		}))
		return all
	}
	before := sums()
	const same = " is the source and the target: give the result another name"
	for _, tt := range []struct{ src, dst, want string }{
		{"m.gguf", "m.gguf", "m.gguf" + same},
		{"m.gguf", "./m.gguf", "m.gguf" + same},
		{"m.gguf", dir + "/m.gguf", dir + "/m.gguf" + same},
		{"m.gguf", "link.gguf", "link.gguf" + same},
		{"m.gguf", "symlink.gguf", "symlink.gguf" + same},
		{"symlink.gguf", "m.gguf", "m.gguf" + same},
		{"model", "model", "model" + same},
		{"model", "model/", "model" + same},
		{"model", "symlink", "symlink" + same},
		{"model", "m.gguf", "m.gguf is there already: remove it, name another file, or replace it with --force"},
		{"model", "nowhere.gguf", "nowhere.gguf is there already: remove it, name another file, or replace it with --force"},
		{"m.gguf", "model", "the directory model is there already: remove it or name another"},
		{"m.gguf", ".", "the directory . is there already: remove it or name another"},
		{"model", "dir.gguf", "dir.gguf is a directory: name a file"},
		{"m.gguf", "file", "file is a file: a Hugging Face model is a directory (a GGUF file's name ends in .gguf)"},
		{"m.gguf", "none/model", "there is no directory none to put model in: make it first"},
		{"model", "none/m.gguf", "there is no directory none to put m.gguf in: make it first"},
		{"model", "file/m.gguf", "there is no directory file to put m.gguf in: make it first"},
		{"m.gguf", "", "the target has no name"},
	} {
		for _, flags := range [][]string{nil, {"--force"}} {
			if strings.Contains(tt.want, "--force") && flags != nil {
				continue
			}
			code, out, errs := runConvert(t, append([]string{tt.src, tt.dst}, flags...)...)
			require.Equal(t, exitError, code, tt.dst)
			require.Empty(t, out)
			require.Equal(t, "bitnet: "+tt.want+"\n", errs)
		}
	}
	require.Equal(t, before, sums())

	code, _, errs := runConvert(t, "model", "m.gguf", "--force")
	require.Zero(t, code, errs)
	code, _, errs = runConvert(t, "m.gguf", "again/")
	require.Zero(t, code, errs)
	require.Equal(t, before["model/model.safetensors"], sums()["again/model.safetensors"])
}

// TestConvertReadOnly: where nothing can be written is said in one line.
func TestConvertReadOnly(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o555))
	defer os.Chmod(dir, 0o755)
	if os.Geteuid() == 0 { // root may write to any directory but the system's own
		if dir = "/proc"; runtime.GOOS != "linux" {
			t.Skip("root may write anywhere here")
		}
	} else if runtime.GOOS == "windows" {
		t.Skip("directories are not read-only here")
	}
	packed := golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed")
	for _, name := range []string{"m.gguf", "model"} {
		code, out, errs := runConvert(t, packed, filepath.Join(dir, name))
		require.Equal(t, exitError, code)
		require.Empty(t, out)
		require.Regexp(t, `^bitnet: `+filepath.Join(dir, name)+`: cannot write there: [a-z ]+\n$`, errs)
	}
}
