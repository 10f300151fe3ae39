package reference_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// TestEmbedModels holds Qwen 3, Gemma 3 and the BitNet embedding models of these graphs
// to the logits and hidden states of the public transformers code in float32
// (scripts/embed_golden.py). An int8 tie may have fallen the other way there.
func TestEmbedModels(t *testing.T) {
	for model, tolerance := range map[string]float64{"qwen3": 1e-5, "qwen3-bitnet": 0.06, "gemma3": 1e-5, "gemma3-bitnet": 0.06} {
		dir := golden.Committed(t, "golden", "embed", model)
		var want struct {
			expected
			Hidden struct {
				Cases []struct {
					Last []float64 `json:"hidden_last"`
					Mean []float64 `json:"hidden_mean"`
				}
			}
		}
		golden.JSON(t, dir+"/expect.json", &want.expected)
		golden.JSON(t, dir+"/expect.json", &want.Hidden)
		require.NotEmpty(t, want.Cases)
		m := open(t, dir)
		for i, c := range want.Cases {
			t.Run(fmt.Sprintf("%s/tokens=%d", model, len(c.Prompt)), func(t *testing.T) {
				s := m.NewSequence()
				logits, err := s.Forward(context.Background(), c.Prompt)
				require.NoError(t, err)
				last := logits[len(logits)-1]
				require.LessOrEqual(t, relativeError(logits[0], c.First), 1e-5)
				require.LessOrEqual(t, relativeError(last, c.Last), tolerance)
				for i, id := range c.Greedy {
					if c.Margins[i] < 2*tolerance*rms(c.Last) {
						break
					}
					require.Equal(t, id, argmax(last), "greedy step %d", i)
					next, err := s.Forward(context.Background(), []int32{id})
					require.NoError(t, err)
					last = next[0]
				}

				hidden, err := m.NewSequence().Hidden(context.Background(), c.Prompt)
				require.NoError(t, err)
				mean := make([]float64, len(hidden[0]))
				for _, h := range hidden {
					for d, v := range h {
						mean[d] += v / float64(len(hidden))
					}
				}
				require.LessOrEqual(t, relativeError(hidden[len(hidden)-1], want.Hidden.Cases[i].Last), tolerance)
				require.LessOrEqual(t, relativeError(mean, want.Hidden.Cases[i].Mean), tolerance)
			})
		}
	}
}
