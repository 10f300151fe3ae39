package cli

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// kl measures and decodes.
func kl(t *testing.T, args ...string) (c comparisonJSON) {
	t.Helper()
	out, err := command(t, append([]string{"perplexity", "--json"}, args...)...)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal([]byte(out), &c))
	return c
}

// TestKLBase: a model does not diverge from itself, and from what its rounded head
// predicts by little; the perplexities are those measured one at a time.
func TestKLBase(t *testing.T) {
	path, _ := tale(t)
	same := kl(t, "-f", path, "-c", "64", "--kl-base", "fable")
	require.Zero(t, same.KL.Mean)
	require.Zero(t, same.KL.Quantiles["1"])
	require.InDelta(t, 1, same.SameTop.Mean, 0)
	require.Zero(t, same.LnRatio.Mean)
	require.Zero(t, same.Difference.RMS)

	rounded := kl(t, "-f", path, "-c", "64", "--kl-base", "fable", "--head", "q6_k")
	require.Positive(t, rounded.KL.Mean)
	require.Less(t, rounded.KL.Mean, 0.01)
	require.Greater(t, rounded.SameTop.Mean, 0.9)
	require.InDelta(t, math.Log(*rounded.Perplexity / *rounded.Base.Perplexity), rounded.LnRatio.Mean, 1e-9)
	for head, want := range map[string]perplexityJSON{"full": rounded.Base, "q6_k": rounded.perplexityJSON} {
		out, err := command(t, "perplexity", "--json", "-f", path, "-c", "64", "--head", head)
		require.NoError(t, err)
		var alone perplexityJSON
		require.NoError(t, json.Unmarshal([]byte(out), &alone))
		require.Equal(t, want.Tokens, alone.Tokens)
		require.InDelta(t, *want.Perplexity, *alone.Perplexity, 1e-6)
	}

	out, err := command(t, "perplexity", "-f", path, "--kl-base", "fable")
	require.NoError(t, err)
	require.Len(t, strings.Split(strings.TrimSpace(out), "\n"), 6+len(quantiles)+2)
}

// TestKLSaved: saved predictions give what the model gives, but for their rounding, and
// only for the tokens that they were saved for.
func TestKLSaved(t *testing.T) {
	path, _ := tale(t)
	file := filepath.Join(t.TempDir(), "predictions")
	out, err := command(t, "perplexity", "-f", path, "-c", "64", "--second-half", "--kl-save", file)
	require.NoError(t, err)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Contains(t, out, " make "+size(info.Size())+" in "+file)
	args := []string{"-f", path, "-c", "64", "--second-half", "--head", "q6_k", "--kl-base"}
	direct, saved := kl(t, append(args, "fable")...), kl(t, append(args, file)...)
	require.Equal(t, direct.Tokens, saved.Tokens)
	// The mean of |ln p/q|, which the error goes by, is below √(2·KL) + KL, and well below 1.
	const h = 2.5e-4
	size := math.Sqrt(2*direct.KL.Mean) + direct.KL.Mean
	require.InDelta(t, direct.KL.Mean, saved.KL.Mean, 2*h*size+4*h*h)
	require.InDelta(t, *direct.Base.Perplexity, *saved.Base.Perplexity, 2*h**direct.Base.Perplexity)
	require.InDelta(t, *direct.Perplexity, *saved.Perplexity, 1e-9)

	for _, other := range [][]string{{"-c", "32", "--second-half"}, {"-c", "64"}} {
		_, err = command(t, append([]string{"perplexity", "-f", path, "--kl-base", file}, other...)...)
		require.ErrorContains(t, err, "was saved for other tokens")
	}
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	data[len(data)-3] ^= 1
	require.NoError(t, os.WriteFile(file, data, 0o600))
	_, err = command(t, append([]string{"perplexity"}, append(args, file)...)...)
	require.ErrorContains(t, err, file+": saved: position ")
	require.NoError(t, os.Truncate(file, info.Size()-1))
	_, err = command(t, append([]string{"perplexity"}, append(args, file)...)...)
	require.ErrorContains(t, err, "cut off or damaged")
}

// TestKLSaveReplaces: predictions replace predictions and nothing else.
func TestKLSaveReplaces(t *testing.T) {
	path, text := tale(t)
	_, err := command(t, "perplexity", "-f", path, "--kl-save", path)
	require.ErrorContains(t, err, "--kl-save: "+path+" is there already and holds no predictions, so it is not replaced")
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, text, string(kept))
	_, err = command(t, "perplexity", "-f", path, "--kl-save", filepath.Dir(path))
	require.ErrorContains(t, err, "is not replaced")

	file := filepath.Join(t.TempDir(), "predictions")
	for _, length := range []string{"64", "32"} {
		_, err = command(t, "perplexity", "-f", path, "-c", length, "--kl-save", file)
		require.NoError(t, err)
	}
	require.Less(t, kl(t, "-f", path, "-c", "32", "--kl-base", file).KL.Mean, 1e-6)
}

func TestKLFaults(t *testing.T) {
	path, _ := tale(t)
	for _, tt := range []struct{ args, fault string }{
		{"-f x --kl-base fable --reference", "--kl-base goes with neither"},
		{"-f x --kl-base fable --kl-save x", "are two steps"},
		{"-f x --kl-save x --reference", "--kl-save goes with neither"},
		{"-f x --kl-save=", "--kl-save is empty"},
		{"--kl-save /none/x -f " + path, "--kl-save: stat /none: "},
		{"-f x --kl-base=", "--kl-base is empty"},
		{"--kl-base /none.gguf -f " + path, "--kl-base: "},
	} {
		_, err := command(t, append([]string{"perplexity"}, strings.Fields(tt.args)...)...)
		require.ErrorContains(t, err, tt.fault)
		require.NotContains(t, err.Error(), "\n")
	}
}
