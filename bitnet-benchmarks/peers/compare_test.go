package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-benchmarks/internal/paired"
)

// A fake is an engine of given speeds that writes down when it is asked.
type fake struct {
	label  string
	rates  []float64 // of the measurements, in their order
	size   int64
	flip   bool // give the logits of another model
	after  func()
	err    error
	events *[]string
	calls  int
}

func (f *fake) name() string { return f.label }

func (f *fake) measure(_ context.Context, _ string, t test, runs int) (measurement, error) {
	*f.events = append(*f.events, f.label+" "+t.name())
	rate := f.rates[f.calls]
	f.calls++
	if f.after != nil {
		f.after()
	}
	return measurement{rates: []float64{rate, rate}[:runs], rss: 100 * rate, size: f.size, parameters: 9, code: "code"}, f.err
}

func (f *fake) logits(_ context.Context, _ string, ids []int32, _ int) ([2][]float32, error) {
	x := make([]float32, 64)
	for i := range x {
		x[i] = float32(i * len(ids))
		if f.flip {
			x[i] = -x[i]
		}
	}
	return [2][]float32{x, x}, f.err
}

// pair returns a comparison of two engines in which the second is twice as fast.
func pair(t *testing.T, args ...string) (c *comparison, peer, ours *fake, events *[]string) {
	t.Helper()
	o, err := parse(args, t.Output())
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "model.gguf")
	require.NoError(t, os.WriteFile(path, []byte("weights"), 0o600))
	info, err := os.Stat(path)
	require.NoError(t, err)
	events = new([]string)
	peer = &fake{label: "peer", rates: []float64{10, 5, 8}, size: 77, events: events}
	ours = &fake{label: "ours", rates: []float64{20, 15, 4}, size: 77, events: events}
	return &comparison{peer: peer, ours: ours, file: &modelFile{path: path, info: info, vocab: 64}, options: o, show: &progress{}}, peer, ours, events
}

func TestRoundsAreInterleaved(t *testing.T) {
	c, _, _, events := pair(t, "-p", "0", "-n", "4", "-t", "1", "--rounds", "3", "-r", "2")
	r, err := c.run(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"peer tg4", "ours tg4", "ours tg4", "peer tg4", "peer tg4", "ours tg4"}, *events)
	require.True(t, r.Agree)
	require.Len(t, r.Results, 1)
	x := r.Results[0]
	require.Equal(t, []float64{2, 3, 0.5}, x.Ratios)
	require.Equal(t, paired.Spread{Median: 2, Min: 0.5, Max: 3}, x.Ratio)
	require.Equal(t, paired.Spread{Median: 8, Min: 5, Max: 10}, x.Peer.Rate)
	require.InDelta(t, 2000, x.Ours.RSS, 0, "the largest of all rounds")
}

func TestOtherSizesAreNotCompared(t *testing.T) {
	c, _, ours, _ := pair(t, "--quick")
	ours.size++
	_, err := c.run(t.Context())
	require.ErrorContains(t, err, "did not load the same")
	require.ErrorContains(t, err, "77 bytes with 9 parameters, ours 78")
}

func TestFileThatChangesIsNotCompared(t *testing.T) {
	c, peer, _, _ := pair(t, "--quick")
	peer.after = func() {
		require.NoError(t, os.WriteFile(c.file.path, []byte("other weights"), 0o600))
	}
	_, err := c.run(t.Context())
	require.ErrorContains(t, err, "was changed at")

	c, peer, _, _ = pair(t, "--quick")
	peer.after = func() { require.NoError(t, os.Remove(c.file.path)) }
	_, err = c.run(t.Context())
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestEnginesThatDisagreeAreNotCompared(t *testing.T) {
	c, _, ours, events := pair(t, "--quick")
	ours.flip = true
	c.file.squaredReLU = true
	_, err := c.run(t.Context())
	require.ErrorContains(t, err, "correlation -1.0000")
	require.ErrorContains(t, err, "squared ReLU")
	require.Empty(t, *events, "nothing is measured")
}

func TestDisagreementMayBeAllowed(t *testing.T) {
	c, _, ours, _ := pair(t, "-p", "0", "-t", "1", "--rounds", "1", "--allow-disagreement")
	ours.flip = true
	r, err := c.run(t.Context())
	require.NoError(t, err)
	require.False(t, r.Agree)
}

func TestOtherVocabularyIsNotCompared(t *testing.T) {
	c, _, _, _ := pair(t, "--quick")
	c.file.vocab = 65
	_, err := c.run(t.Context())
	require.ErrorContains(t, err, "has 65 tokens, peer computes logits for 64")
}

func TestErrorOfAnEngineEndsTheComparison(t *testing.T) {
	c, peer, _, _ := pair(t, "--quick")
	peer.err = errors.New("no memory")
	_, err := c.run(t.Context())
	require.ErrorIs(t, err, peer.err)
}

func TestPromptIsInTheVocabulary(t *testing.T) {
	for _, vocab := range []int{1, 2, 512, 128256} {
		f := modelFile{vocab: vocab}
		for _, id := range f.prompt() {
			require.GreaterOrEqual(t, id, int32(0))
			require.Less(t, id, int32(vocab))
		}
	}
}
