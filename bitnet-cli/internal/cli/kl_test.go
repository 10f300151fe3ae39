package cli

import (
	"encoding/json"
	"math"
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

func TestKLFaults(t *testing.T) {
	path, _ := tale(t)
	for _, tt := range []struct{ args, fault string }{
		{"-f x --kl-base fable --reference", "--kl-base goes with neither"},
		{"-f x --kl-base=", "--kl-base is empty"},
		{"--kl-base /none.gguf -f " + path, "--kl-base: "},
	} {
		_, err := command(t, append([]string{"perplexity"}, strings.Fields(tt.args)...)...)
		require.ErrorContains(t, err, tt.fault)
		require.NotContains(t, err.Error(), "\n")
	}
}
