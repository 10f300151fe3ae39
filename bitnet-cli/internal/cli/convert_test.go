package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
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
