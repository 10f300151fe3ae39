package cli

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// TestQuantizationFlag: what cannot be masters is not taken for them.
func TestQuantizationFlag(t *testing.T) {
	packed := golden.Committed(t, "golden", "transformers", "llama-bitlinear-packed")
	dense := golden.Committed(t, "golden", "families", "trilm")
	file := golden.Committed(t, "golden", "families", "1bitllm-3b.gguf")
	target := filepath.Join(t.TempDir(), "m.gguf")
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"show", dense}, exitOK, "none (dense)"},
		{[]string{"show", dense, "--quantization", "online"}, exitOK, "made ternary while loading"},
		{[]string{"show", dense, "--quantization", "offline"}, exitUsage, `--quantization is "offline", want online`},
		{[]string{"show", packed, "--quantization", "online"}, exitError, "no linear weights stored as floats"},
		{[]string{"show", file, "--quantization", "online"}, exitError, "is not a Hugging Face directory"},
		{[]string{"run", "a", "--quantization", "online"}, exitError, "fable are ternary already"},
		{[]string{"convert", "fable", target, "--quantization", "online"}, exitError, "fable are ternary already"},
		{[]string{"convert", dense, target, "--quantization", "on"}, exitUsage, `--quantization is "on"`},
	} {
		var out bytes.Buffer
		s := &Streams{In: strings.NewReader(""), Out: &out, Err: &out}
		root := newRoot(s)
		root.SetArgs(tt.args)
		cmd, err := root.ExecuteContextC(t.Context())
		require.Equal(t, tt.code, report(s, cmd, err), "%v: %s", tt.args, &out)
		require.Contains(t, out.String(), tt.want, tt.args)
	}
	require.NoFileExists(t, target)
}
