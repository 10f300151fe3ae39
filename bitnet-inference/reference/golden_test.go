package reference_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/reference"
)

// expected is expect.json beside the checkpoints in testdata/golden/transformers,
// written by the public transformers code in float32.
type expected struct {
	Cases []struct {
		Prompt  []int32
		First   []float64 `json:"logits_first"`
		Last    []float64 `json:"logits_last"`
		Greedy  []int32
		Margins []float64 `json:"greedy_margins"`
	}
}

func open(t testing.TB, path string) *reference.Model {
	t.Helper()
	ck, err := checkpoint.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, ck.Close()) }()
	w, err := ck.Weights()
	require.NoError(t, err)
	return reference.New(ck.Config, w)
}

// TestTransformers holds the reference path to the logits of the public code. It
// is exact to float32 rounding up to 64 tokens; beyond that an int8 tie may have
// fallen the other way there.
func TestTransformers(t *testing.T) {
	for _, name := range []string{"bitnet-2b4t-master", "bitnet-2b4t-packed", "llama-bitlinear-packed"} {
		dir := golden.Committed(t, "golden", "transformers", name)
		var want expected
		golden.JSON(t, dir+"/expect.json", &want)
		require.NotEmpty(t, want.Cases)
		m := open(t, dir)
		for _, c := range want.Cases {
			t.Run(fmt.Sprintf("%s/tokens=%d", name, len(c.Prompt)), func(t *testing.T) {
				s := m.NewSequence()
				logits, err := s.Forward(context.Background(), c.Prompt)
				require.NoError(t, err)
				short := len(c.Prompt) <= 64
				tolerance, margin := 1e-5, 0.02
				if !short {
					tolerance, margin = 0.06, 0.2
				}
				last := logits[len(logits)-1]
				require.LessOrEqual(t, relativeError(logits[0], c.First), 1e-5)
				require.LessOrEqual(t, relativeError(last, c.Last), tolerance)
				for i, id := range c.Greedy {
					if c.Margins[i] < margin*rms(c.Last) {
						break
					}
					require.Equal(t, id, argmax(last), "greedy step %d", i)
					next, err := s.Forward(context.Background(), []int32{id})
					require.NoError(t, err)
					last = next[0]
				}
			})
		}
	}
}

// TestFableGreedy reproduces the greedy continuations of the trained model.
func TestFableGreedy(t *testing.T) {
	if testing.Short() {
		t.Skip("long: 320 steps of the reference path")
	}
	dir := golden.Path(t, "models", "fable-29m")
	var want struct {
		Greedy []struct {
			Prompt string
			IDs    []int32 `json:"ids"`
			Start  []int32 `json:"prompt_ids"`
		}
	}
	golden.JSON(t, dir+"/expect.json", &want)
	require.NotEmpty(t, want.Greedy)
	m := open(t, dir)
	total := 0
	for _, g := range want.Greedy {
		s := m.NewSequence()
		logits, err := s.Forward(context.Background(), g.Start)
		require.NoError(t, err)
		for i, id := range g.IDs {
			require.Equal(t, id, argmax(logits[len(logits)-1]), "%q step %d", g.Prompt, i)
			logits, err = s.Forward(context.Background(), []int32{id})
			require.NoError(t, err)
			total++
		}
	}
	require.Equal(t, 320, total)
}

// relativeError returns rms(got-want) / rms(want).
func relativeError(got, want []float64) float64 {
	diff := make([]float64, len(want))
	for i := range want {
		diff[i] = got[i] - want[i]
	}
	return rms(diff) / rms(want)
}

func rms(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v * v
	}
	return math.Sqrt(sum / float64(len(x)))
}

func argmax(x []float64) int32 {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return int32(best)
}
