package transformer

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
)

// embedModels are the graphs with norms of heads, those of Gemma with post-norms and
// sliding windows, too. With ternary weights they have a norm for every projection.
var embedModels = []string{"qwen3", "qwen3-bitnet", "gemma3", "gemma3-bitnet"}

// TestEmbedModels holds the fast path to the logits and hidden states of the public
// code (scripts/embed_golden.py): to float32 rounding where weights are dense, else as
// far as int8 ties allow.
func TestEmbedModels(t *testing.T) {
	for _, name := range embedModels {
		dir := golden.Committed(t, "golden", "embed", name)
		var want expected
		golden.JSON(t, dir+"/expect.json", &want)
		var states struct {
			Cases []struct {
				Last []float64 `json:"hidden_last"`
			}
		}
		golden.JSON(t, dir+"/expect.json", &states)
		require.NotEmpty(t, want.Cases)
		m := load(t, dir, 2)
		tolerance := 1e-4
		if m.fast.TernaryBytes() > 0 {
			tolerance = 0.06
		}
		for i, c := range want.Cases {
			t.Run(fmt.Sprintf("%s/tokens=%d", name, len(c.Prompt)), func(t *testing.T) {
				r := start(t, m.fast)
				logits := r.forward(c.Prompt...)
				last := logits[len(logits)-1]
				_, largest := compare(logits[0], c.First)
				require.LessOrEqual(t, largest, max(1e-3, tolerance))
				meanError, _ := compare(last, c.Last)
				require.LessOrEqual(t, meanError, tolerance)
				for i, id := range c.Greedy {
					if c.Margins[i] < 4*tolerance*rms(c.Last) {
						break
					}
					require.Equal(t, id, argmax(last), "greedy step %d", i)
					last = r.forward(id)[0]
				}

				s := start(t, m.fast).s
				hidden, err := s.Forward(context.Background(), c.Prompt)
				require.NoError(t, err)
				state := make([]float64, m.fast.config.Dim)
				for d, v := range hidden[len(hidden)-len(state):] {
					state[d] = float64(v)
				}
				meanError, _ = compare(state, states.Cases[i].Last)
				require.LessOrEqual(t, meanError, tolerance)
			})
		}
	}
}

// TestEmbedModelsInBatches: with norms for single projections and with windows that end
// anywhere, a token's logits are the same bits alone or with others, as in other models.
func TestEmbedModelsInBatches(t *testing.T) {
	const tokens = nn.Chunk + 21
	for _, name := range embedModels {
		path := golden.Committed(t, "golden", "embed", name)
		one, three := load(t, path, 1).fast, load(t, path, 3).fast
		for _, cache := range []dtype.DType{dtype.F32, dtype.F16, dtype.Q8_0} {
			one.cache, three.cache = cache, cache
			ids := make([]int32, tokens)
			for i := range ids {
				ids[i] = int32(i*i*17+i) % int32(one.config.VocabSize)
			}
			want := inBatches(t, one, ids, 1)
			for _, batch := range []int{3, splitTokens, splitTokens + 1, 100, tokens} {
				require.True(t, slices.Equal(want, inBatches(t, three, ids, batch)), "%s, %v, batches of %d", name, cache, batch)
			}
		}
	}
}

// TestFingerprintOfNorms: a fingerprint tells models apart whose extra norms differ.
func TestFingerprintOfNorms(t *testing.T) {
	m := load(t, golden.Committed(t, "golden", "embed", "gemma3-bitnet"), 1).fast
	seen := map[[32]byte]bool{m.Fingerprint(): true}
	l := m.layers[1].Load()
	for _, gains := range [][]float32{l.qNorm, l.kNorm, l.attnPost, l.ffnPost, l.qkv[0].norm, l.qkv[2].norm, l.gateUp[1].norm} {
		gains[3]++
		other := Model{config: m.config, cache: m.cache, embed: m.embed, head: m.head, norm: m.norm, layers: m.layers}
		seen[other.Fingerprint()] = true
		gains[3]--
	}
	require.Len(t, seen, 8)
}
