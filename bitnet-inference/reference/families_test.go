package reference_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// TestFamilies holds the reference path to the logits of scripts/models_golden.py,
// which wrote the graph down in float64, too.
func TestFamilies(t *testing.T) {
	for model, expectation := range map[string]string{
		"1bitllm-large":   "1bitllm-large/expect.json",
		"1bitllm-3b.gguf": "1bitllm-3b.json", // heads of 100, widths of 200 and 270
		"trilm":           "trilm/expect.json",
	} {
		var want expected
		golden.JSON(t, golden.Committed(t, "golden", "families", expectation), &want)
		require.NotEmpty(t, want.Cases)
		m := open(t, golden.Committed(t, "golden", "families", model))
		for _, c := range want.Cases {
			t.Run(fmt.Sprintf("%s/tokens=%d", model, len(c.Prompt)), func(t *testing.T) {
				s := m.NewSequence()
				logits, err := s.Forward(context.Background(), c.Prompt)
				require.NoError(t, err)
				last := logits[len(logits)-1]
				require.LessOrEqual(t, relativeError(logits[0], c.First), 1e-6)
				require.LessOrEqual(t, relativeError(last, c.Last), 1e-6)
				for i, id := range c.Greedy {
					require.Equal(t, id, argmax(last), "greedy step %d", i)
					next, err := s.Forward(context.Background(), []int32{id})
					require.NoError(t, err)
					last = next[0]
				}
			})
		}
	}
}
