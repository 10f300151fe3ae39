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

// runShow runs the command and returns its exit code and output.
func runShow(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	s := &Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr}
	root := newRoot(s)
	root.SetArgs(append([]string{"show"}, args...))
	cmd, err := root.ExecuteContextC(t.Context())
	return report(s, cmd, err), stdout.String(), stderr.String()
}

func TestShowCheck(t *testing.T) {
	code, out, errs := runShow(t, "--check")
	require.Zero(t, code, errs)
	require.Regexp(t, `^fable: 0 errors, 0 warnings; .* MiB in \d+ tensors read in .* s\n$`, out)

	src := golden.Committed(t, "golden", "families", "1bitllm-3b.gguf")
	data, err := os.ReadFile(src)
	require.NoError(t, err)
	code, out, errs = runShow(t, src, "--check")
	require.Zero(t, code, errs)
	require.Regexp(t, `^note: .*: there is no tokenizer.*\n.*: 0 errors`, out)

	path := filepath.Join(t.TempDir(), "short.gguf")
	require.NoError(t, os.WriteFile(path, data[:len(data)/2], 0o600))
	code, out, errs = runShow(t, path, "--check")
	require.Equal(t, exitError, code)
	require.Equal(t, "bitnet: "+path+" has 1 error\n", errs)
	require.Contains(t, out, "error: "+path+": ")
	require.Contains(t, out, "\n  no repair in this version\n")

	code, out, _ = runShow(t, path, "--check", "--json")
	require.Equal(t, exitError, code)
	var r struct {
		Model    string
		Findings []struct{ Severity, Kind, Where, What, Repair string }
	}
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	require.Equal(t, path, r.Model)
	require.Len(t, r.Findings, 1)
	require.Equal(t, "structure", r.Findings[0].Kind)

	code, _, errs = runShow(t, filepath.Join(t.TempDir(), "none.gguf"), "--check")
	require.Equal(t, exitError, code)
	require.Contains(t, errs, "no such file or directory")
	code, _, _ = runShow(t, "--check", "--tensors")
	require.Equal(t, exitUsage, code)

	// Masters that config.json does not announce.
	dir := golden.Committed(t, "golden", "families", "trilm")
	code, _, errs = runShow(t, dir, "--check", "--quantization", "online")
	require.Zero(t, code, errs)
	code, _, errs = runShow(t, src, "--check", "--quantization", "online")
	require.Equal(t, exitError, code)
	require.Contains(t, errs, "online")
	for _, model := range []string{src, dir, "fable"} {
		code, _, errs = runShow(t, model, "--check", "--quantization", "nonsense")
		require.Equal(t, exitUsage, code)
		require.Contains(t, errs, `--quantization is "nonsense"`)
	}
}
