package transformer

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// TestFableGreedy compares the trained model with the public code: free running,
// the first difference may only be at a step whose margin is small; fed the
// expected tokens, at most 8 of 320 steps may differ. The master weights are another
// model by a little: as bfloat16 they round to other codes in one of 400 places,
// and their scales are not rounded.
func TestFableGreedy(t *testing.T) {
	for _, tt := range []struct {
		name  string
		agree int
		cache dtype.DType
	}{
		{"fable-29m", 312, dtype.F32},
		{"fable-29m", 312, dtype.F16},
		{"fable-29m", 300, dtype.Q8_0},
		{"fable-29m-master", 270, dtype.F32},
	} {
		t.Run(tt.name+"/"+tt.cache.String(), func(t *testing.T) {
			var want struct {
				Greedy []struct {
					Prompt  string
					IDs     []int32 `json:"ids"`
					Start   []int32 `json:"prompt_ids"`
					Margins []float64
				}
			}
			golden.JSON(t, golden.Path(t, "models", "fable-29m", "expect.json"), &want)
			require.NotEmpty(t, want.Greedy)
			m := load(t, golden.Path(t, "models", tt.name), 2)
			m.fast.cache = tt.cache
			agree, total := 0, 0
			for _, g := range want.Greedy {
				r := start(t, m.fast)
				logits := r.forward(g.Start...)
				last := logits[len(logits)-1]
				differed := false
				for i, id := range g.IDs {
					total++
					if argmax(last) == id {
						agree++
					} else if !differed && tt.name == "fable-29m" {
						differed = true
						require.Less(t, g.Margins[i], 0.4, "%q first differs at step %d", g.Prompt, i)
					}
					last = r.forward(id)[0]
				}
			}
			require.Equal(t, 320, total)
			t.Logf("%d of %d steps agree", agree, total)
			require.GreaterOrEqual(t, agree, tt.agree)
		})
	}
}
