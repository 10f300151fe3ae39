package transformer

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// TestFamilies holds the fast path to the logits of scripts/models_golden.py, which are
// float64's: to the rounding of float32, since in these prompts no int8 tie falls the
// other way.
func TestFamilies(t *testing.T) {
	const tolerance = 1e-5 // largest difference, relative to the rms of the logits
	for model, expectation := range map[string]string{
		"1bitllm-large":   "1bitllm-large/expect.json",
		"1bitllm-3b.gguf": "1bitllm-3b.json", // heads of 100, widths of 200 and 270
		"trilm":           "trilm/expect.json",
	} {
		var want expected
		golden.JSON(t, golden.Committed(t, "golden", "families", expectation), &want)
		require.NotEmpty(t, want.Cases)
		m := loadCache(t, golden.Committed(t, "golden", "families", model), 2, dtype.F32)
		for _, c := range want.Cases {
			t.Run(fmt.Sprintf("%s/tokens=%d", model, len(c.Prompt)), func(t *testing.T) {
				r := start(t, m.fast)
				logits := r.forward(c.Prompt...)
				last := logits[len(logits)-1]
				_, largest := compare(logits[0], c.First)
				require.LessOrEqual(t, largest, tolerance)
				_, largest = compare(last, c.Last)
				require.LessOrEqual(t, largest, tolerance)
				for i, id := range c.Greedy {
					require.Equal(t, id, argmax(last), "greedy step %d", i)
					last = r.forward(id)[0]
				}
			})
		}
	}
}
